import { createTurns } from '../in-turn.ts'
import type { JobEvent } from './job/events.ts'
import type { JobRecord, JobRecords } from './job/record.ts'
import type { Job } from './job/state.ts'

export interface RecordSaver {
  /**
   * Writes to the disk, then to the job, so that no action depends on a step that a restart would lose. Rejects when the disk cannot be
   * written. After the end of the job it writes nothing: a late step would bring the removed record back.
   */
  save: (fields: Partial<JobRecord>, isSeenFromStart?: boolean) => Promise<void>
  /** Removes the record, after the writes in progress. */
  remove: () => Promise<void>
}

/** The writes of one job, one after another, so that two at the same moment do not undo each other. */
export function createRecordSaver(
  records: Pick<JobRecords, 'save' | 'remove'>,
  job: () => Job,
  send: (event: JobEvent) => void,
): RecordSaver {
  const inTurn = createTurns()
  return {
    save: (fields, isSeenFromStart = false) =>
      inTurn(async () => {
        if (job().phase.kind === 'ended') return
        await records.save({ ...job().record, ...fields })
        send({ kind: 'recorded', fields, isSeenFromStart })
      }),
    remove: () => inTurn(() => records.remove(job().id)),
  }
}
