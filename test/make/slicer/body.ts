/** Bodies as engines make them, for tests that need no engine. */
import { layerMark } from '../../../slicer/engines/layer-mark.ts'

/** So many layers of one square each, of 20 mm in the middle of a bed of 220 mm. */
export function squareBody(layers: number, more: (layer: number) => string = () => ''): string {
  return Array.from({ length: layers }, (_, n) => layerBody(n, more(n))).join('')
}

export function layerBody(n: number, more = ''): string {
  const z = 0.2 * (n + 1)
  const lines = [
    `G1 Z${z.toFixed(2)} F7200`,
    'G0 X100 Y100 F7200',
    'G1 X120 Y100 E0.8 F1800',
    'G1 X120 Y120 E0.8',
    'G1 X100 Y120 E0.8',
    'G1 X100 Y100 E0.8',
  ]
  return `${layerMark({ n, z, height: 0.2 })}${lines.join('\n')}\n${more}`
}
