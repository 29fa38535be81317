/** The events of a run with their times, printed when an invariant is broken. */
export interface Trace {
  note: (text: string) => void
  /** Adds an event and counts it as a fault. */
  fault: (text: string) => void
  faults: () => number
  lines: () => string[]
}

export function startTrace(now: () => number): Trace {
  const begun = now()
  const lines: string[] = []
  let faults = 0
  const note = (text: string) => void lines.push(`${((now() - begun) / 1000).toFixed(2).padStart(7)} s  ${text}`)
  return {
    note,
    fault: text => {
      faults++
      note(`! ${text}`)
    },
    faults: () => faults,
    lines: () => [...lines],
  }
}
