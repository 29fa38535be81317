import type { HistoryEntry } from '../../../../schema/page/index.ts'

/** The prints that can be moved and removed: `queue` also answers those that the printer already has. */
export function waitingOf(jobs: HistoryEntry[]): HistoryEntry[] {
  return jobs.filter(({ status }) => status === 'queued')
}
