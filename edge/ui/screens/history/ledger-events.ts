import type { ReceiptResponse } from '../../../../schema/http/purchases.ts'

type LedgerEvent = ReceiptResponse['events'][number]

/** The events of a purchase without those about its other prints. */
export function eventsOfPrint(events: LedgerEvent[], printJobId: string): LedgerEvent[] {
  return events.filter(({ event }) => {
    const about = printJobOf(event)
    return about === null || about === printJobId
  })
}

/** The print job that an event's text names; null when it names none. */
function printJobOf(text: string): string | null {
  return /"job_[a-z0-9]{1,40}"/.exec(text)?.[0].slice(1, -1) ?? null
}
