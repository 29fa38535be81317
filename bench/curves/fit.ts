export type Curve = { x: number; y: number }[]

/** The exponent of the power law y = a * x ^ exponent that fits best, by least squares of the logarithms. */
export function exponentOf(curve: Curve): number {
  const points = curve.map(({ x, y }) => ({ x: Math.log(x), y: Math.log(Math.max(y, 1e-9)) }))
  const mean = (of: 'x' | 'y') => points.reduce((sum, point) => sum + point[of], 0) / points.length
  const [meanX, meanY] = [mean('x'), mean('y')]
  const both = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0)
  return both / points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0)
}
