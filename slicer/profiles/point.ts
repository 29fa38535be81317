import type { Setting } from '../../schema/http/profiles.ts'

export interface Point {
  x: number
  y: number
}

const number = '[-+]?(?:\\d+\\.?\\d*|\\.\\d+)(?:e[-+]?\\d+)?'
const written = new RegExp(`^\\s*(${number})\\s*[x,]\\s*(${number})\\s*$`, 'i')

/** A point as Orca writes it, "1.2e-14x110" or "10,20", or a pair of numbers; null for anything else. */
export function readPoint(setting: Setting | undefined): Point | null {
  const [, x, y] = Array.isArray(setting) ? ['', ...setting.map(String)] : (written.exec(String(setting ?? '')) ?? [])
  const point = { x: Number(x ?? Number.NaN), y: Number(y ?? Number.NaN) }
  return Number.isFinite(point.x) && Number.isFinite(point.y) ? point : null
}
