/** Limits on a template. Real profiles stay far below; a hostile one can neither hang the slicer nor fill its memory. */
export const limits = {
  /** Characters of a template. */
  templateLength: 262_144,
  /** Nesting of expressions, conditions and blocks; a parenthesis counts as two. */
  depth: 200,
  /** Characters of a string that a template computes. */
  stringLength: 65_536,
  /** Elements of a vector that a template makes. */
  vectorLength: 4096,
  /** Characters of one regular expression. */
  patternLength: 256,
  /** Characters of one expansion's output. */
  outputLength: 1_048_576,
  /** Steps of one expansion without a shared budget. A step is an operation or a character of a computed string. */
  steps: 5_000_000,
} as const

/** The remaining steps. Several expansions (a template for each layer) can share a budget. */
export interface Budget {
  steps: number
}
