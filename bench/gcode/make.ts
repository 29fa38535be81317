/**
 * Makes G-code like a slicer's, layer after layer: walls of short moves, hatched infill, travel with retraction. What the
 * figures depend on is alike, too: on a sliced Stanford bunny deflate at level 1 leaves 29% in our pieces, on this 28%.
 */

const wallMoves = 600
const hatchMoves = 300
const hatchesPerTravel = 6
const filamentPerMm = 0.03326

interface Point {
  x: number
  y: number
}

/** `size` bytes, cut at no particular place; the same ones each time, so that runs can be compared. */
export function makeGcode(size: number): Buffer {
  const gcode = Buffer.alloc(size)
  let filled = gcode.write('G28\nM140 S60\nM104 S210\nM190 S60\nM109 S210\nG90\nM83\n')
  for (let layer = 1; filled < size; layer++) filled += gcode.write(makeLayer(layer), filled)
  return gcode
}

function makeLayer(layer: number): string {
  const z = layer * 0.2
  const lines = [`; LAYER ${layer} Z${z.toFixed(3)}`, `G1 Z${z.toFixed(3)} F9000`]
  let at: Point = { x: 0, y: 0 }
  const travel = (to: Point) => {
    lines.push('G1 E-0.8000 F1800', `G1 Z${(z + 0.4).toFixed(3)} F9000`, `G0 ${position(to)} F9000`)
    lines.push(`G1 Z${z.toFixed(3)} F9000`, 'G1 E0.8000 F1800')
    at = to
  }
  const extrude = (to: Point) => {
    const filament = Math.hypot(to.x - at.x, to.y - at.y) * filamentPerMm
    lines.push(`G1 ${position(to)} E${filament.toFixed(5)} F3600`)
    at = to
  }

  travel(onWall(layer, 0))
  for (let move = 1; move <= wallMoves; move++) extrude(onWall(layer, (move / wallMoves) * 2 * Math.PI))
  for (let hatch = 1; hatch <= hatchMoves; hatch++) {
    const angle = (hatch / hatchMoves) * Math.PI
    const [begin, end] = [onWall(layer, angle), onWall(layer, -angle)]
    if (hatch % hatchesPerTravel === 0) travel(begin)
    else extrude(begin)
    extrude(end)
  }
  return `${lines.join('\n')}\n`
}

/** A point of the layer's outline: a blob that changes a little from layer to layer. */
function onWall(layer: number, angle: number): Point {
  const radius = 40 + 8 * Math.sin(layer / 25) + 5 * Math.sin(3 * angle + layer / 40) + 0.7 * Math.sin(17 * angle)
  return { x: 128 + radius * Math.cos(angle), y: 128 + radius * Math.sin(angle) }
}

function position({ x, y }: Point): string {
  return `X${x.toFixed(3)} Y${y.toFixed(3)}`
}
