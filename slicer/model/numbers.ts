/** Lists of numbers that grow while a file is read: typed arrays that double when full. */
export interface Numbers<T extends Float32Array | Uint32Array> {
  readonly count: number
  push3: (a: number, b: number, c: number) => void
  /** A view of the numbers so far, not a copy. */
  values: () => T
}

const initial = 3 * 16

export function floats(max: number): Numbers<Float32Array> {
  return growing(size => new Float32Array(size), max)
}

export function integers(max: number): Numbers<Uint32Array> {
  return growing(size => new Uint32Array(size), max)
}

/** `max` bounds the memory: the caller refuses the file before it pushes more numbers. */
function growing<T extends Float32Array | Uint32Array>(make: (size: number) => T, max: number): Numbers<T> {
  let values = make(Math.min(initial, max))
  let count = 0
  return {
    get count() {
      return count
    },
    push3: (a, b, c) => {
      if (count + 3 > values.length) {
        const grown = make(Math.min(values.length * 2, max))
        grown.set(values)
        values = grown
      }
      values[count] = a
      values[count + 1] = b
      values[count + 2] = c
      count += 3
    },
    values: () => values.subarray(0, count) as T,
  }
}
