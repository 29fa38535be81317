/** The print as an object of Klipper's [exclude_object]: adaptive meshes and purges read its outline before the start. */
import type { Body } from './layers.ts'
import type { Point } from './outline.ts'

const maxNameLength = 60
/** Half the width of a wide line, plus the shrinkage of a first layer. */
const slackMm = 2

/**
 * Letters, digits and single underscores: Klipper reads a parameter as a shell reads a word, and a designer's title must not
 * become a command. Never empty.
 */
export function safeModelName(name: string | null): string {
  const ascii = (name ?? '')
    .normalize('NFKD')
    .replace(/\p{Mn}/gu, '')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .slice(0, maxNameLength)
    .replace(/^_+|_+$/g, '')
  return ascii || 'model'
}

/** The name that Orca gives to the only copy of a model. */
export function safeObjectName(name: string | null): string {
  return `${safeModelName(name)}_id_0_copy_0`
}

/** The EXCLUDE_OBJECT_DEFINE line of an outline; at most 24 corners, about 500 bytes. */
export function defineObject(name: string, outline: readonly Point[]): string {
  const middle = (axis: 'x' | 'y') => {
    const values = outline.map(point => point[axis])
    return ((Math.min(...values) + Math.max(...values)) / 2).toFixed(3)
  }
  const corners = outline.map(({ x, y }) => `[${x.toFixed(3)},${y.toFixed(3)}]`).join(',')
  return `EXCLUDE_OBJECT_DEFINE NAME=${name} CENTER=${middle('x')},${middle('y')} POLYGON=[${corners}]`
}

/**
 * The outline of the object without skirt and brim: the model's own, placed at `middle`. When the print does not cover it (the
 * engine has placed the model elsewhere or made copies), the outline of the whole print.
 */
export function objectOutline(
  model: readonly Point[],
  middle: Point,
  { printed }: Pick<Body, 'printed'>,
): readonly Point[] {
  const placed = model.map(({ x, y }) => ({ x: x + middle.x, y: y + middle.y }))
  const isPrinted = ({ x, y }: Point) =>
    x >= printed.min.x - slackMm &&
    x <= printed.max.x + slackMm &&
    y >= printed.min.y - slackMm &&
    y <= printed.max.y + slackMm
  return placed.length > 0 && placed.every(isPrinted) ? placed : printed.outline
}
