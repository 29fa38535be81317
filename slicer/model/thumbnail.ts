/** Pictures of a model, without perspective: isometric (from its front right, from above), front, side and top. */
import type { ModelView } from '../../schema/http/models.ts'
import type { Mesh, Vec3 } from './mesh.ts'
import { encodePng } from './png.ts'
import { createCanvas, type ScreenPoint } from './raster.ts'

/** A view's direction: unit vectors to the right and up in the picture's plane, and away from the viewer. */
interface Direction {
  right: Vec3
  up: Vec3
  away: Vec3
}

interface Frame {
  pixels: number
  /** Fractions of the picture's width and height that the model fills at most. */
  fillWidth: number
  fillHeight: number
}

// Mainsail crops the large picture to a wide panel: a quarter is cut off at the top and at the bottom.
const large: Frame = { pixels: 300, fillWidth: 0.75, fillHeight: 0.5 }
const small: Frame = { pixels: 32, fillWidth: 0.94, fillHeight: 0.94 }

/** The picture is drawn at this multiple of its width and height, then averaged. */
const oversampling = 2
const colour = [33, 150, 243] as const
const ambient = 0.3

const turn = (-35 * Math.PI) / 180
const tilt = (28 * Math.PI) / 180
const directions: Record<ModelView, Direction> = {
  isometric: {
    right: { x: Math.cos(turn), y: Math.sin(turn), z: 0 },
    away: { x: -Math.sin(turn) * Math.cos(tilt), y: Math.cos(turn) * Math.cos(tilt), z: -Math.sin(tilt) },
    up: { x: -Math.sin(turn) * Math.sin(tilt), y: Math.cos(turn) * Math.sin(tilt), z: Math.cos(tilt) },
  },
  front: { right: { x: 1, y: 0, z: 0 }, up: { x: 0, y: 0, z: 1 }, away: { x: 0, y: 1, z: 0 } },
  side: { right: { x: 0, y: 1, z: 0 }, up: { x: 0, y: 0, z: 1 }, away: { x: -1, y: 0, z: 0 } },
  top: { right: { x: 1, y: 0, z: 0 }, up: { x: 0, y: 1, z: 0 }, away: { x: 0, y: 0, z: -1 } },
}
/** Direction towards the light: above, slightly to the left of the viewer. */
const light: Vec3 = unit({ x: -0.45, y: -0.55, z: 1 })

/** A PNG, 300 x 300. */
export function drawThumbnail(mesh: Mesh, view: ModelView): Buffer {
  return draw(mesh, large, directions[view])
}

/** A PNG, 32 x 32, isometric. */
export function drawIcon(mesh: Mesh): Buffer {
  return draw(mesh, small, directions.isometric)
}

function draw({ positions: p }: Mesh, frame: Frame, direction: Direction): Buffer {
  const side = frame.pixels * oversampling
  const canvas = createCanvas(side, side)
  const project = fit(p, side, frame, direction)
  const a = { x: 0, y: 0, depth: 0 }
  const b = { x: 0, y: 0, depth: 0 }
  const c = { x: 0, y: 0, depth: 0 }
  for (let at = 0; at < p.length; at += 9) {
    project(p, at, a)
    project(p, at + 3, b)
    project(p, at + 6, c)
    canvas.fill(a, b, c, brightness(p, at, direction.away))
  }
  return encodePng(canvas.develop(oversampling, colour))
}

/** Returns the projection that centres the model in the picture, as large as the frame allows. */
function fit(positions: Float32Array, side: number, frame: Frame, { right, up, away }: Direction) {
  const across = extent(positions, right)
  const upwards = extent(positions, up)
  const scale =
    side * Math.min(frame.fillWidth / (across.max - across.min), frame.fillHeight / (upwards.max - upwards.min))
  const left = side / 2 - (scale * (across.min + across.max)) / 2
  const bottom = side / 2 + (scale * (upwards.min + upwards.max)) / 2
  return (p: Float32Array, at: number, to: ScreenPoint): void => {
    to.x = left + scale * along(p, at, right)
    to.y = bottom - scale * along(p, at, up)
    to.depth = along(p, at, away)
  }
}

/** The model's range along a direction. */
function extent(positions: Float32Array, direction: Vec3): { min: number; max: number } {
  let min = Infinity
  let max = -Infinity
  for (let at = 0; at < positions.length; at += 3) {
    const reach = along(positions, at, direction)
    if (reach < min) min = reach
    if (reach > max) max = reach
  }
  return { min, max }
}

function along(p: Float32Array, at: number, { x, y, z }: Vec3): number {
  return (p[at] as number) * x + (p[at + 1] as number) * y + (p[at + 2] as number) * z
}

/** Brightness of a triangle, by its angle to the light. Both sides are lit, as a model may be inside out. */
function brightness(p: Float32Array, at: number, away: Vec3): number {
  const ux = (p[at + 3] as number) - (p[at] as number)
  const uy = (p[at + 4] as number) - (p[at + 1] as number)
  const uz = (p[at + 5] as number) - (p[at + 2] as number)
  const vx = (p[at + 6] as number) - (p[at] as number)
  const vy = (p[at + 7] as number) - (p[at + 1] as number)
  const vz = (p[at + 8] as number) - (p[at + 2] as number)
  const normal = unit({ x: uy * vz - uz * vy, y: uz * vx - ux * vz, z: ux * vy - uy * vx })
  const towardsViewer = dot(normal, away) > 0 ? -1 : 1
  return ambient + (1 - ambient) * Math.max(0, towardsViewer * dot(normal, light))
}

function dot(a: Vec3, b: Vec3): number {
  return a.x * b.x + a.y * b.y + a.z * b.z
}

function unit(vector: Vec3): Vec3 {
  const length = Math.hypot(vector.x, vector.y, vector.z)
  return length === 0 ? vector : { x: vector.x / length, y: vector.y / length, z: vector.z / length }
}
