import { isDeepStrictEqual } from 'node:util'
import type { PageList } from '../../../schema/page/events.ts'
import type { PageState } from '../../../schema/page/state.ts'

/** The parts of the state that differ, each whole; null when none does. */
export function changedParts(before: PageState, now: PageState): Partial<PageState> | null {
  const parts = Object.entries(now).filter(([name, part]) => !isDeepStrictEqual(part, before[name as keyof PageState]))
  return parts.length === 0 ? null : Object.fromEntries(parts)
}

/** What a page has to ask for again after such a change: the marketplace's lists, which are not part of the state. */
export function listsToAskAgain(before: PageState, now: PageState): PageList[] {
  const lists = new Set<PageList>()
  const isRegistrationChanged = before.registration.printer_id !== now.registration.printer_id
  if (isRegistrationChanged) for (const list of ['session', 'queue', 'history', 'purchases'] as const) lists.add(list)
  const isJobChanged = before.job?.print_job_id !== now.job?.print_job_id
  const kept = new Set(now.reports.map(({ print_job_id }) => print_job_id))
  const isReportSent = before.reports.some(({ print_job_id }) => !kept.has(print_job_id))
  if (isJobChanged || isReportSent) for (const list of ['queue', 'history', 'purchases'] as const) lists.add(list)
  if (before.job?.state !== now.job?.state) lists.add('queue')
  return [...lists]
}
