/**
 * A number with at most `most` and at least `least` digits after the decimal sign: "28.3", in German "28,3". Made without Intl, whose
 * tables take a slow computer 100 ms to load.
 */
export function numberText(
  value: number,
  locale: string,
  { most, least = 0 }: { most: number; least?: number },
): string {
  const [whole = '', digits = ''] = value.toFixed(most).split('.')
  const fraction = digits.slice(0, least) + digits.slice(least).replace(/0+$/, '')
  return fraction === '' ? whole : whole + (isGerman(locale) ? ',' : '.') + fraction
}

/** A share from 0 to 1 in whole per cent: "42%", in German "42 %" with a space that does not break. */
export function percentText(share: number, locale: string): string {
  const percent = Math.round(Math.min(1, Math.max(0, share)) * 100)
  return isGerman(locale) ? `${percent}\u00a0%` : `${percent}%`
}

/** German in every country but Switzerland and Liechtenstein, where numbers are written as in English. */
const isGerman = (locale: string) => /^de\b/i.test(locale) && !/-(CH|LI)\b/i.test(locale)
