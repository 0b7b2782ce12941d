/** One line of a panel: points from left to right. */
export interface Series {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

/** One pair of axes, both logarithmic. */
export interface Panel {
  readonly title: string
  readonly xLabel: string
  readonly series: readonly Series[]
}

const WIDTH = 300
const HEIGHT = 220
const LEFT = 64
const TOP = 64
const BOTTOM = 56
const GAP = 40
const RIGHT = 20
/** Half the height of a digit, to put the label of a tick beside it. */
const HALF_DIGIT = 4

/** Both schemes, on a ground of their own: a page may show the picture on any. */
const STYLE = `
  svg { --ground: #ffffff; --ink: #1f2328; --faint: #d1d9e0; --s0: #0550ae; --s1: #9a3412 }
  @media (prefers-color-scheme: dark) {
    svg { --ground: #0d1117; --ink: #e6edf3; --faint: #3d444d; --s0: #79c0ff; --s1: #ffa657 }
  }
  text { font: 12px system-ui, sans-serif; fill: var(--ink) }
  .title { font-weight: 600 }
  .grid { stroke: var(--faint) }
  .axis { stroke: var(--ink); fill: none }
  .s0 { stroke: var(--s0); fill: none; stroke-width: 2 }
  .s1 { stroke: var(--s1); fill: none; stroke-width: 2; stroke-dasharray: 6 4 }
  circle.s0 { fill: var(--s0) }
  circle.s1 { fill: var(--s1); stroke-dasharray: none }
`

/** Panels side by side with the same y axis, as the text of an SVG. */
export function plot(title: string, yLabel: string, panels: readonly Panel[]): string {
  const width = LEFT + panels.length * (WIDTH + GAP) - GAP + RIGHT
  const height = TOP + HEIGHT + BOTTOM
  const yAxis = decades(
    panels.flatMap(({ series }) => series.flatMap(({ points }) => points.map(([, y]) => y))),
  )
  const names = panels[0]?.series.map(({ name }) => name) ?? []
  const middle = TOP + HEIGHT / 2
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
<rect width="${width}" height="${height}" style="fill: var(--ground)"/>
<text class="title" x="${LEFT}" y="20">${escaped(title)}</text>
${names.map((name, i) => legend(name, i)).join('\n')}
<text x="16" y="${middle}" text-anchor="middle" transform="rotate(-90 16 ${middle})">${escaped(yLabel)}</text>
${panels.map((panel, i) => drawn(panel, LEFT + i * (WIDTH + GAP), yAxis, i === 0)).join('\n')}
</svg>
`
}

/** The powers of ten that hold all of some positive values. */
interface Decades {
  readonly first: number
  readonly count: number
}

function decades(values: readonly number[]): Decades {
  const logs = values.filter(value => value > 0 && Number.isFinite(value)).map(Math.log10)
  const first = Math.floor(Math.min(...logs) + 1e-9)
  return { first, count: Math.max(1, Math.ceil(Math.max(...logs) - 1e-9) - first) }
}

function legend(name: string, at: number): string {
  const x = LEFT + at * 160
  return `<path class="s${at}" d="M${x} 40h28"/><text x="${x + 36}" y="44">${escaped(name)}</text>`
}

function drawn({ title, xLabel, series }: Panel, left: number, yAxis: Decades, hasLabels: boolean): string {
  const xs = series.flatMap(({ points }) => points.map(([x]) => x))
  const hasZero = xs.includes(0)
  const positive = decades(xs)
  // Nothing has no logarithm: it has the place of the decade before the first.
  const xAxis = hasZero ? { first: positive.first - 1, count: positive.count + 1 } : positive
  const xOf = (x: number): number =>
    left + (x === 0 ? 0 : ((Math.log10(x) - xAxis.first) / xAxis.count) * WIDTH)
  const yOf = (y: number): number => TOP + HEIGHT - ((Math.log10(y) - yAxis.first) / yAxis.count) * HEIGHT
  const xTicks = Array.from({ length: xAxis.count + 1 }, (_, i) =>
    hasZero && i === 0 ? 0 : 10 ** (xAxis.first + i),
  )
  const yTicks = Array.from({ length: yAxis.count + 1 }, (_, i) => 10 ** (yAxis.first + i))
  const base = TOP + HEIGHT
  return [
    `<text class="title" x="${left + WIDTH / 2}" y="${TOP - 8}" text-anchor="middle">${escaped(title)}</text>`,
    ...yTicks.map(y => `<path class="grid" d="M${left} ${at(yOf(y))}h${WIDTH}"/>`),
    ...(hasLabels
      ? yTicks.map(
          y => `<text x="${left - 8}" y="${at(yOf(y) + HALF_DIGIT)}" text-anchor="end">${short(y)}</text>`,
        )
      : []),
    ...xTicks.map(
      x =>
        `<path class="axis" d="M${at(xOf(x))} ${base}v4"/><text x="${at(xOf(x))}" y="${base + 18}" text-anchor="middle">${short(x)}</text>`,
    ),
    `<path class="axis" d="M${left} ${TOP}v${HEIGHT}h${WIDTH}"/>`,
    `<text x="${left + WIDTH / 2}" y="${base + 40}" text-anchor="middle">${escaped(xLabel)}</text>`,
    ...series.flatMap(({ points }, i) => line(points, i, xOf, yOf)),
  ].join('\n')
}

function line(
  points: Series['points'],
  i: number,
  xOf: (x: number) => number,
  yOf: (y: number) => number,
): string[] {
  // What was lost has no figure, and no point.
  const places = points
    .filter(([, y]) => y > 0 && Number.isFinite(y))
    .map(([x, y]) => [at(xOf(x)), at(yOf(y))])
  return [
    `<path class="s${i}" d="M${places.map(place => place.join(' ')).join('L')}"/>`,
    ...places.map(([x, y]) => `<circle class="s${i}" cx="${x}" cy="${y}" r="3"/>`),
  ]
}

function at(value: number): string {
  return String(Math.round(value * 10) / 10)
}

/** A power of ten as the label of a tick. */
function short(value: number): string {
  if (value >= 1e6) return `${value / 1e6}M`
  if (value >= 1e4) return `${value / 1e3}k`
  return String(Number(value.toPrecision(1)))
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
