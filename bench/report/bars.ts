/** What a figure must be. A figure with a bar says which way is better; others only describe. */
export type Bar = { atLeast: number } | { atMost: number }
/** Bars by the name of the figure; inner figures by their path, such as `peak_rss_mb.500`. */
export type Bars = Record<string, Bar>

export function isMet(bar: Bar, value: unknown): boolean {
  if (typeof value !== 'number') return false
  return 'atLeast' in bar ? value >= bar.atLeast : value <= bar.atMost
}

export function textOf(bar: Bar): string {
  return 'atLeast' in bar ? `>= ${bar.atLeast}` : `<= ${bar.atMost}`
}
