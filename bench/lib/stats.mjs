/** Small statistics: every figure of the table is a median or a percentile. */

/** The value below which `fraction` of the values lie; `undefined` of no values. */
export function percentile(values, fraction) {
  if (values.length === 0) return undefined
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(fraction * sorted.length))]
}

/** The middle value, or the mean of the two in the middle; `undefined` of no values. */
export function median(values) {
  if (values.length === 0) return undefined
  const sorted = Float64Array.from(values).sort()
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
