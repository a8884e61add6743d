/** Settings of a pushpin.conf: section, key, value. */
export type ConfSections = Readonly<Record<string, Readonly<Record<string, string | number | boolean>>>>

/** Joins settings; later ones win. */
export function mergeConf(...layers: readonly ConfSections[]): ConfSections {
  const merged: Record<string, Record<string, string | number | boolean>> = {}
  for (const layer of layers) {
    for (const [section, values] of Object.entries(layer)) merged[section] = { ...merged[section], ...values }
  }
  return merged
}

/** Writes settings in INI form. */
export function confText(sections: ConfSections): string {
  const lines: string[] = []
  for (const [section, values] of Object.entries(sections)) {
    lines.push(`[${section}]`)
    for (const [key, value] of Object.entries(values)) lines.push(`${key}=${value}`)
    lines.push('')
  }
  return lines.join('\n')
}
