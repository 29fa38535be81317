/**
 * A closed block with hills on its top, as a binary STL of about `bytes` bytes: many small triangles on few, short layers, as
 * scanned landscapes have, so that the bench measures the model's size and not the length of its G-code.
 */
export function makeTerrain(bytes: number): Buffer {
  // Top and bottom of a grid of side x side cells, two triangles a cell, and the four walls.
  const side = Math.floor(Math.sqrt(bytes / 50 / 4)) - 2
  const step = 100 / side
  const triangles = side * side * 4 + side * 8
  const file = Buffer.alloc(84 + triangles * 50)
  file.writeUInt32LE(triangles, 80)
  let at = 84
  const height = (x: number, y: number) => 4 + 1.5 * Math.sin(x / 6) * Math.cos(y / 9) + 0.2 * Math.sin(x * 2 + y)
  const top = (x: number, y: number): Point => [x * step, y * step, height(x * step, y * step)]
  const ground = (x: number, y: number): Point => [x * step, y * step, 0]

  for (let x = 0; x < side; x++) {
    for (let y = 0; y < side; y++) {
      quad(top(x, y), top(x + 1, y), top(x + 1, y + 1), top(x, y + 1))
      quad(ground(x, y), ground(x, y + 1), ground(x + 1, y + 1), ground(x + 1, y))
    }
    quad(ground(x, 0), ground(x + 1, 0), top(x + 1, 0), top(x, 0))
    quad(ground(x + 1, side), ground(x, side), top(x, side), top(x + 1, side))
    quad(ground(0, x + 1), ground(0, x), top(0, x), top(0, x + 1))
    quad(ground(side, x), ground(side, x + 1), top(side, x + 1), top(side, x))
  }
  return file

  function quad(a: Point, b: Point, c: Point, d: Point): void {
    triangle(a, b, c)
    triangle(a, c, d)
  }
  function triangle(...corners: Point[]): void {
    at += 12
    for (const value of corners.flat()) at = file.writeFloatLE(value, at)
    at += 2
  }
}

type Point = [number, number, number]
