export function median(values: number[]): number {
  return percentile(values, 50)
}

/** The value that `percent` of the values do not exceed; NaN without values. */
export function percentile(values: number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN
}

export function range(values: number[], digits: number): [number, number] {
  return [round(Math.min(...values), digits), round(Math.max(...values), digits)]
}

export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
