/** Test models, as triangles and as files. */
import { readFileSync } from 'node:fs'

export type Point = readonly [number, number, number]
export type Triangle = readonly [Point, Point, Point]

/** A file of the npm package stl-models, such as "objects/gearwheel.bin.stl". */
export function sample(name: string): Buffer {
  return readFileSync(`node_modules/stl-models/${name}`)
}

export function box(width: number, depth: number, height: number, at: Point = [0, 0, 0]): Triangle[] {
  const corner = (x: number, y: number, z: number): Point => [at[0] + x * width, at[1] + y * depth, at[2] + z * height]
  const faces: [Point, Point, Point, Point][] = [
    [corner(0, 0, 0), corner(0, 1, 0), corner(1, 1, 0), corner(1, 0, 0)],
    [corner(0, 0, 1), corner(1, 0, 1), corner(1, 1, 1), corner(0, 1, 1)],
    [corner(0, 0, 0), corner(1, 0, 0), corner(1, 0, 1), corner(0, 0, 1)],
    [corner(1, 0, 0), corner(1, 1, 0), corner(1, 1, 1), corner(1, 0, 1)],
    [corner(1, 1, 0), corner(0, 1, 0), corner(0, 1, 1), corner(1, 1, 1)],
    [corner(0, 1, 0), corner(0, 0, 0), corner(0, 0, 1), corner(0, 1, 1)],
  ]
  return faces.flatMap(([a, b, c, d]): Triangle[] => [
    [a, b, c],
    [a, c, d],
  ])
}

/** A closed ball of 4 * rings * (rings - 1) triangles, with a rippled surface so that all layers differ. */
export function ball(radius: number, rings: number): Triangle[] {
  const point = (ring: number, step: number): Point => {
    if (ring === 0 || ring === rings) return [0, 0, ring === 0 ? radius : -radius].map(Math.fround) as unknown as Point
    const down = (Math.PI * ring) / rings
    const around = (Math.PI * (step % (2 * rings))) / rings
    const r = radius * (1 + 0.03 * Math.sin(12 * down) * Math.sin(14 * around))
    return [r * Math.sin(down) * Math.cos(around), r * Math.sin(down) * Math.sin(around), r * Math.cos(down)]
  }
  const triangles: Triangle[] = []
  for (let ring = 0; ring < rings; ring++) {
    for (let step = 0; step < 2 * rings; step++) {
      const [a, b] = [point(ring, step), point(ring + 1, step)]
      const [c, d] = [point(ring + 1, step + 1), point(ring, step + 1)]
      if (ring < rings - 1) triangles.push([a, b, c])
      if (ring > 0) triangles.push([a, c, d])
    }
  }
  return triangles
}

export function binaryStl(triangles: readonly Triangle[], header = ''): Buffer {
  const file = Buffer.alloc(84 + 50 * triangles.length)
  file.write(header, 'latin1')
  file.writeUInt32LE(triangles.length, 80)
  triangles.forEach((triangle, index) => {
    triangle.flat().forEach((value, number) => {
      file.writeFloatLE(value, 84 + 50 * index + 12 + 4 * number)
    })
  })
  return file
}

export function asciiStl(triangles: readonly Triangle[], name = 'model'): Buffer {
  const facets = triangles.map(corners => {
    const vertices = corners.map(point => `      vertex ${point.join(' ')}\n`).join('')
    return `  facet normal 0 0 0\n    outer loop\n${vertices}    endloop\n  endfacet\n`
  })
  return Buffer.from(`solid ${name}\n${facets.join('')}endsolid ${name}\n`)
}

/** A closed ring lying on z = 0, of 2 * around * across triangles. */
export function torus(radius: number, thickness: number, around: number, across: number): Triangle[] {
  const point = (u: number, v: number): Point => {
    const [a, b] = [(2 * Math.PI * (u % around)) / around, (2 * Math.PI * (v % across)) / across]
    const r = radius + thickness * Math.cos(b)
    return [r * Math.cos(a), r * Math.sin(a), thickness + thickness * Math.sin(b)]
  }
  return Array.from({ length: around * across }, (_, index): Triangle[] => {
    const [u, v] = [Math.floor(index / across), index % across]
    const [a, b, c, d] = [point(u, v), point(u + 1, v), point(u + 1, v + 1), point(u, v + 1)]
    return [
      [a, b, c],
      [a, c, d],
    ]
  }).flat()
}

/** A binary STL, `factor` times as large. */
export function scaled(file: Buffer, factor: number): Buffer {
  const copy = Buffer.from(file)
  for (let start = 84; start + 50 <= copy.length; start += 50) {
    for (let at = start + 12; at < start + 48; at += 4) copy.writeFloatLE(copy.readFloatLE(at) * factor, at)
  }
  return copy
}
