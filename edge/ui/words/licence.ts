export interface LicenceFacts {
  prints_allowed: number
}

/** A purchase's rights, as the page counts them: a reserved right is a print in progress. */
export interface Rights {
  prints_allowed: number
  prints_used: number
  prints_reserved: number
}

/** Unsuccessful prints in a row after which a purchase is stopped; each gave its right back. */
export const unsuccessfulInARow = 5

type Translate = (key: string, named: Record<string, unknown>, plural: number) => string

/** What a licence allows, in one sentence: "3 prints; a failed print never uses one, up to 5 in a row". */
export function licenceText({ prints_allowed: prints }: LicenceFacts, t: Translate): string {
  return t('licence.terms', { prints, failures: unsuccessfulInARow }, prints)
}

export function printsLeft({ prints_allowed, prints_used, prints_reserved }: Rights): number {
  return Math.max(0, prints_allowed - prints_used - prints_reserved)
}
