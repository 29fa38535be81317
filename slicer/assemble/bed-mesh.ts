/** The area and number of points of a bed mesh around the first layer, as Orca computes them for its mesh placeholders. */
import type { Settings } from '../../schema/http/profiles.ts'
import { optionalNumber } from '../profiles/read.ts'
import type { Point } from './outline.ts'

export interface BedMesh {
  min: Point
  max: Point
  count: Point
  algorithm: 'bicubic' | 'lagrange'
}

const farAway = 99_999
/** Klipper's bicubic interpolation needs at least four points along each axis; lagrange allows at most six in all. */
const minPoints = 3
const minBicubic = 4
const maxLagrange = 6

export function bedMesh(settings: Settings, firstLayer: { min: Point; max: Point }): BedMesh {
  const margin = optionalNumber(settings, 'adaptive_bed_mesh_margin', { min: 0, max: farAway }) ?? 0
  const lowest = readPoint(settings.bed_mesh_min) ?? { x: -farAway, y: -farAway }
  const highest = readPoint(settings.bed_mesh_max) ?? { x: farAway, y: farAway }
  const distance = readPoint(settings.bed_mesh_probe_distance) ?? { x: 50, y: 50 }
  const min = { x: Math.max(lowest.x, firstLayer.min.x - margin), y: Math.max(lowest.y, firstLayer.min.y - margin) }
  const max = { x: Math.min(highest.x, firstLayer.max.x + margin), y: Math.min(highest.y, firstLayer.max.y + margin) }
  const points = (axis: 'x' | 'y') =>
    Math.max(minPoints, Math.ceil((max[axis] - min[axis]) / Math.max(1, distance[axis])))
  const count = { x: points('x'), y: points('y') }
  if (count.x * count.y <= maxLagrange) return { min, max, count, algorithm: 'lagrange' }
  const bicubic = { x: Math.max(minBicubic, count.x), y: Math.max(minBicubic, count.y) }
  return { min, max, count: bicubic, algorithm: 'bicubic' }
}

/** Orca writes a point as "10,20" or "10x20", alone or as a list of one. */
function readPoint(value: Settings[string] | undefined): Point | undefined {
  const parts = Array.isArray(value) ? (value.length === 1 ? String(value[0]).split(/[,x]/) : value.map(String)) : []
  const [x, y, ...rest] = (typeof value === 'string' ? value.split(/[,x]/) : parts).map(Number)
  return rest.length === 0 && Number.isFinite(x) && Number.isFinite(y) ? { x: x as number, y: y as number } : undefined
}
