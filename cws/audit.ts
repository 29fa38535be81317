import { auditLog } from '../schema/db/cws.ts'
import { AppError } from '../schema/http/errors.ts'
import type { Caller, CwsParts } from './context.ts'

export interface AuditEntry {
  requestId: string
  operation: string
  caller: Caller | { kind: 'operator' }
  subject: string | null
  outcome: string
}

/** Writes one call to the audit log: caller, operation, subject and outcome. No field may contain a secret. */
export async function audit({ db, clock }: Pick<CwsParts, 'db' | 'clock'>, entry: AuditEntry): Promise<void> {
  await db.insert(auditLog).values({ ...entry, caller: nameOf(entry.caller), at: clock() })
}

/** The outcome of a call: `ok`, the code of its error, or `refused_or_failed` for any other error. */
export function outcomeOf(error: unknown): string {
  if (error === undefined) return 'ok'
  return error instanceof AppError ? error.code : 'refused_or_failed'
}

function nameOf(caller: AuditEntry['caller']): string {
  switch (caller.kind) {
    case 'service':
      return `service:${caller.email}`
    case 'grant':
      return `grant:${caller.grant.holder}/${caller.grant.job}`
    case 'operator':
      return 'operator'
  }
}
