interface Progress {
  /** The slicer's estimate of the whole print. */
  estimatedS: number
  /** Seconds of printing so far, without pauses. */
  printedS: number
  /** 0 to 1, of the lines' bytes. */
  progress: number
}

/** Before that, a few slow first lines (heating, a purge line) would be taken for the speed of the whole print. */
const tellingProgress = 0.05

/**
 * The seconds that a print still takes. At first the slicer's estimate; later the mean of what is left of it and of what the print's
 * own speed says, as Mainsail does.
 */
export function timeLeft({ estimatedS, printedS, progress }: Progress): number {
  if (progress >= 1) return 0
  const bySlicer = Math.max(0, estimatedS - printedS)
  if (progress < tellingProgress) return Math.round(bySlicer)
  const bySpeed = (printedS / progress) * (1 - progress)
  // A print that takes longer than it should: only its speed tells.
  const left = bySlicer === 0 ? bySpeed : (bySlicer + bySpeed) / 2
  return Math.round(left)
}
