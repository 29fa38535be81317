/** A date and time of a person's own clock; "–" for none. Takes ISO text or milliseconds. */
export function dateText(at: string | number | null | undefined, locale: string): string {
  if (at === null || at === undefined) return '–'
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return '–'
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(date)
}

/** Hedera's consensus time, "seconds.nanoseconds" since 1970, to the second and with its nanoseconds as they are. */
export function consensusText(timestamp: string | null, locale: string): string {
  const match = /^(\d{1,12})\.(\d{1,9})$/.exec(timestamp ?? '')
  if (!match?.[1]) return '–'
  const date = new Date(Number(match[1]) * 1000)
  const text = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' }).format(date)
  return `${text} (${timestamp})`
}
