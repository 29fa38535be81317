import type { ReceiptResponse } from '../../../../schema/http/purchases.ts'

type LedgerEvent = ReceiptResponse['events'][number]

/** Of a purchase's events those about this print and about no other: the purchase itself, its slices, and this print's own. */
export function eventsOfPrint(events: LedgerEvent[], printJobId: string): LedgerEvent[] {
  return events.filter(({ event }) => {
    const about = printJobOf(event)
    return about === null || about === printJobId
  })
}

/** Which print job an event's text names. */
function printJobOf(text: string): string | null {
  return /"job_[a-z0-9]{1,40}"/.exec(text)?.[0].slice(1, -1) ?? null
}
