import { createTurns } from '../in-turn.ts'
import type { JobEvent } from './job/events.ts'
import type { JobRecord, JobRecords } from './job/record.ts'
import type { Job } from './job/state.ts'

export interface RecordSaver {
  /**
   * Writes to the disk, then to the job: nothing acts on a step that a restart would not know of. Rejects when the disk does not
   * take it. Of a job that has ended nothing more is written: a step that ends late would bring back what was put away.
   */
  save: (fields: Partial<JobRecord>, isSeenFromStart?: boolean) => Promise<void>
  /** Removes the record after all that is being written. */
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
