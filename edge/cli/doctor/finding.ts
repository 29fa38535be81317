/** The result of one check. */
export interface Finding {
  /** Stable, for scripts: docs/installation.md has a paragraph for each. */
  check: string
  /** The printer of lmnt-edge.cfg, when the check is of one. */
  printer?: string
  level: 'ok' | 'warning' | 'problem'
  /** The result in a sentence. */
  text: string
  /** The command or change that mends it. */
  remedy?: string
}

export const ok = (check: string, text: string): Finding => ({ check, level: 'ok', text })
export const warning = (check: string, text: string, remedy: string): Finding => ({
  check,
  level: 'warning',
  text,
  remedy,
})
export const problem = (check: string, text: string, remedy: string): Finding => ({
  check,
  level: 'problem',
  text,
  remedy,
})
