export interface XY {
  x: number
  y: number
}

/**
 * The points of an arc that lie farthest out: its end, and where it crosses the directions of the axes. `centre` is where
 * it turns around.
 */
export function arcExtremes(start: XY, end: XY, centre: XY, isClockwise: boolean): XY[] {
  const radius = Math.hypot(start.x - centre.x, start.y - centre.y)
  const [first, last] = isClockwise ? [end, start] : [start, end]
  const from = Math.atan2(first.y - centre.y, first.x - centre.x)
  const to = Math.atan2(last.y - centre.y, last.x - centre.x)
  // Counter-clockwise from `from`; an arc that ends where it began is a full circle.
  const sweep = positiveAngle(to - from) || 2 * Math.PI
  const crossed = [0, 0.5, 1, 1.5]
    .map(quarter => quarter * Math.PI)
    .filter(angle => positiveAngle(angle - from) < sweep)
    .map(angle => ({ x: centre.x + radius * Math.cos(angle), y: centre.y + radius * Math.sin(angle) }))
  return [...crossed, end]
}

function positiveAngle(angle: number): number {
  const full = 2 * Math.PI
  return ((angle % full) + full) % full
}
