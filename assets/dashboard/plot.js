import { element } from './dom.js'
import uPlot from './uPlot.js'

const HEIGHT = 150

/** The time axis is no shorter than that, so that a plot that has just begun can be read. */
const SHORTEST_SECONDS = 30

const dark = window.matchMedia('(prefers-color-scheme: dark)')

/**
 * Makes a plot over time: `lines` are `{ column, label, color, dash }` with `color` the name of a CSS variable. What it shows now stands
 * in words below it, which is what a screen reader has of it.
 */
export function createPlot({ title, lines, format, steps }) {
  const canvas = element('div', { class: 'plot', 'aria-hidden': 'true' })
  const values = lines.map(() => element('b', {}, '–'))
  const legend = element(
    'ul',
    { class: 'legend' },
    ...lines.map(({ label, color, dash }, i) =>
      element('li', { 'data-color': color, 'data-line': lineName(dash) }, `${label} `, values[i]),
    ),
  )
  const figure = element('figure', {}, element('figcaption', {}, title), canvas, legend)
  let chart
  const build = () => {
    chart?.destroy()
    chart = new uPlot(plotOptions({ lines, format, steps, width: canvas.clientWidth }), undefined, canvas)
  }
  const draw = (series) => {
    if (canvas.clientWidth === 0) return
    if (chart === undefined) build()
    if (chart.width !== canvas.clientWidth) chart.setSize({ width: canvas.clientWidth, height: HEIGHT })
    chart.setData([series.columns.time, ...lines.map(({ column }) => series.columns[column] ?? [])])
  }
  dark.addEventListener('change', () => {
    if (chart !== undefined) build()
  })
  return {
    figure,
    update: (series) => {
      for (const [i, { column }] of lines.entries()) {
        const value = series.latest(column)
        values[i].textContent = value === undefined ? '–' : format(value)
      }
      draw(series)
    },
  }
}

/** How CSS calls a line of that look. */
function lineName(dash) {
  if (dash === undefined) return 'solid'
  return dash[0] > 3 ? 'dashed' : 'dotted'
}

/** How much of a line's colour fills what is below it, as two hexadecimal digits. */
const FILL = '1c'

function plotOptions({ lines, format, steps, width }) {
  const style = getComputedStyle(document.documentElement)
  const color = (name) => style.getPropertyValue(`--${name}`).trim()
  const axis = {
    stroke: color('soft'),
    grid: { stroke: color('grid'), width: 1 },
    ticks: { stroke: color('grid'), width: 1 },
    font: '11px system-ui, sans-serif',
  }
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    padding: [10, 8, 0, 0],
    scales: {
      x: { range: (_plot, first, last) => [first, Math.max(last, first + SHORTEST_SECONDS)] },
      y: { range: (_plot, _low, high) => [0, Math.max(high * 1.1, 1)] },
    },
    axes: [
      {
        ...axis,
        values: [
          [60, '{HH}:{mm}'],
          [1, ':{ss}'],
        ].map(timeFormat),
        space: 60,
        size: 26,
      },
      {
        ...axis,
        size: 66,
        ...(steps === undefined ? {} : { incrs: steps }),
        values: (_plot, ticks) => ticks.map(format),
      },
    ],
    series: [
      {},
      ...lines.map((line) => ({
        label: line.label,
        stroke: color(line.color),
        width: 1.75,
        dash: line.dash,
        ...(line.dash === undefined ? { fill: color(line.color) + FILL } : {}),
        points: { show: false },
      })),
    ],
  }
}

/** uPlot takes rows of nine: the step in seconds, the form, and forms for where a larger unit begins. */
function timeFormat([step, form]) {
  return [step, form, null, null, null, null, null, null, 1]
}
