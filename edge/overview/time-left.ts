interface Progress {
  /** The slicer's estimate of the whole print. */
  estimatedS: number
  /** Seconds of printing so far, without pauses. */
  printedS: number
  /** 0 to 1, of the lines' bytes. */
  progress: number
}

/** Below this progress the first slow lines (heating, a purge line) say nothing about the speed of the whole print. */
const tellingProgress = 0.05

/**
 * The remaining time of a print in seconds: at first by the slicer's estimate, later the mean of that and of the time that the print
 * needs at its measured speed, as Mainsail does.
 */
export function timeLeft({ estimatedS, printedS, progress }: Progress): number {
  if (progress >= 1) return 0
  const bySlicer = Math.max(0, estimatedS - printedS)
  if (progress < tellingProgress) return Math.round(bySlicer)
  const bySpeed = (printedS / progress) * (1 - progress)
  // The print is slower than estimated: only its speed counts.
  const left = bySlicer === 0 ? bySpeed : (bySlicer + bySpeed) / 2
  return Math.round(left)
}
