import type { Curve } from './fit.ts'

const size = { width: 640, height: 400, left: 70, right: 190, top: 40, bottom: 50 }
const colours = [
  '#1f77b4',
  '#d62728',
  '#2ca02c',
  '#9467bd',
  '#ff7f0e',
  '#8c564b',
  '#e377c2',
  '#17becf',
  '#7f7f7f',
  '#bcbd22',
]

/** A chart of the curves with logarithmic axes, on which a power law is a straight line. `labels` are the axes'. */
export function toSvg(title: string, labels: { x: string; y: string }, curves: Record<string, Curve>): string {
  const points = Object.values(curves).flat()
  const x = axis(
    points.map(point => point.x),
    size.left,
    size.width - size.right,
  )
  const y = axis(
    points.map(point => point.y),
    size.height - size.bottom,
    size.top,
  )
  const grid = [
    ...x.decades.map(at => line(x.place(at), size.top, x.place(at), size.height - size.bottom)),
    ...y.decades.map(at => line(size.left, y.place(at), size.width - size.right, y.place(at))),
    ...x.decades.map(at => text(x.place(at), size.height - size.bottom + 18, `${at}`, 'middle')),
    ...y.decades.map(at => text(size.left - 8, y.place(at) + 4, `${at}`, 'end')),
  ]
  const drawn = Object.entries(curves).flatMap(([name, curve], index) => {
    const colour = colours[index % colours.length]
    const path = curve.map(point => `${x.place(point.x)},${y.place(point.y)}`).join(' ')
    const at = { x: size.width - size.right + 12, y: size.top + 14 + index * 18 }
    return [
      `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      ...curve.map(point => `<circle cx="${x.place(point.x)}" cy="${y.place(point.y)}" r="3" fill="${colour}"/>`),
      `<rect x="${at.x}" y="${at.y - 9}" width="10" height="10" fill="${colour}"/>`,
      text(at.x + 16, at.y, name),
    ]
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    text(size.left, 22, title),
    ...grid,
    ...drawn,
    text((size.left + size.width - size.right) / 2, size.height - 10, labels.x, 'middle'),
    `<text transform="translate(16 ${(size.top + size.height - size.bottom) / 2}) rotate(-90)" text-anchor="middle">${labels.y}</text>`,
    '</svg>',
    '',
  ].join('\n')
}

/** Whole decades around the values, and where a value is between `from` and `to`. */
function axis(values: number[], from: number, to: number) {
  const low = Math.floor(Math.log10(Math.min(...values)))
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))))
  const decades = Array.from({ length: high - low + 1 }, (_, index) => Number((10 ** (low + index)).toPrecision(1)))
  const place = (value: number) => Number((from + ((Math.log10(value) - low) / (high - low)) * (to - from)).toFixed(1))
  return { decades, place }
}

function line(x1: number, y1: number, x2: number, y2: number): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="#ddd"/>`
}

function text(x: number, y: number, words: string, anchor = 'start'): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${words}</text>`
}
