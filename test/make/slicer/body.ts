/** Toolpath bodies like an engine's, for tests without an engine. */
import { layerMark } from '../../../slicer/engines/layer-mark.ts'

const middleOfTestBed = { x: 110, y: 110 }

/** Layers of one square of 20 mm each, around a point. */
export function squareBody(
  layers: number,
  more: (layer: number) => string = () => '',
  middle: { x: number; y: number } = middleOfTestBed,
): string {
  return Array.from({ length: layers }, (_, n) => layerBody(n, more(n), middle)).join('')
}

export function layerBody(n: number, more = '', { x, y } = middleOfTestBed): string {
  const z = 0.2 * (n + 1)
  const lines = [
    `G1 Z${z.toFixed(2)} F7200`,
    `G0 X${x - 10} Y${y - 10} F7200`,
    `G1 X${x + 10} Y${y - 10} E0.8 F1800`,
    `G1 X${x + 10} Y${y + 10} E0.8`,
    `G1 X${x - 10} Y${y + 10} E0.8`,
    `G1 X${x - 10} Y${y - 10} E0.8`,
  ]
  return `${layerMark({ n, z, height: 0.2 })}${lines.join('\n')}\n${more}`
}
