/** Bounds for a template: people's profiles stay far below them, a hostile one cannot hang the slicer or fill its memory. */
export const limits = {
  /** Characters of a template. */
  templateLength: 262_144,
  /** Expressions, conditions and blocks within each other; a parenthesis is two. */
  depth: 200,
  /** Characters of a string that a template computes. */
  stringLength: 65_536,
  /** Elements of a vector that a template makes. */
  vectorLength: 4096,
  /** Characters of one regular expression. */
  patternLength: 256,
  /** Characters of what one expansion prints. */
  outputLength: 1_048_576,
  /** Steps of one expansion, where the caller has no budget of its own. A step is an operation, or a character of a string that is computed. */
  steps: 5_000_000,
} as const

/** What is left of the steps; several expansions (a template for each layer) can share one. */
export interface Budget {
  steps: number
}
