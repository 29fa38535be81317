/** The line that begins each layer of a body, in whole micrometres: ";LMNT_LAYER n=0 z=0.2 height=0.2". */
export interface LayerMark {
  /** From 0, rafts included. */
  n: number
  /** Height of the layer's top above the bed, in mm. */
  z: number
  height: number
}

export function layerMark({ n, z, height }: LayerMark): string {
  return `;LMNT_LAYER n=${n} z=${micrometres(z)} height=${micrometres(height)}\n`
}

/** Parses a layer mark without its newline; undefined for any other line. */
export function readLayerMark(line: string): LayerMark | undefined {
  const [, n, z, height] = /^;LMNT_LAYER n=(\d+) z=([\d.]+) height=([\d.]+)$/.exec(line) ?? []
  return n === undefined ? undefined : { n: Number(n), z: Number(z), height: Number(height) }
}

function micrometres(mm: number): number {
  return Number(mm.toFixed(3))
}
