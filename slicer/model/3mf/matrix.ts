/** 3MF's transforms: twelve numbers, row by row; the last row is a shift. Points are row vectors: p' = p * M. */
import { malformed } from '../limits.ts'

export type Matrix = readonly number[]

export const identity: Matrix = [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]

/** Errors: stl_malformed. */
export function parseMatrix(text: string): Matrix {
  const numbers = text.trim().split(/\s+/).map(Number)
  if (numbers.length === 12 && numbers.every(Number.isFinite)) return numbers
  throw malformed(`The 3MF file's transform "${text.slice(0, 100)}" does not have twelve numbers.`)
}

/** The transform that applies `a`, then `b`. */
export function multiply(a: Matrix, b: Matrix): Matrix {
  const at = (matrix: Matrix, index: number) => matrix[index] as number
  return Array.from({ length: 12 }, (_, index) => {
    const row = Math.floor(index / 3) * 3
    const column = index % 3
    const sum = [0, 1, 2].reduce((part, k) => part + at(a, row + k) * at(b, 3 * k + column), 0)
    return row === 9 ? sum + at(b, 9 + column) : sum
  })
}

/** True when the transform mirrors, which turns a body inside out. */
export function isMirrored(matrix: Matrix): boolean {
  const [a, b, c, d, e, f, g, h, i] = matrix as number[] as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g) < 0
}
