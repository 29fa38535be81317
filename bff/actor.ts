import type { Role } from '../schema/http/auth.ts'

/** The caller of a request. requirePrinter checks a printer's claims against its row, since its token can be revoked. */
export type Actor =
  | { kind: 'user'; userId: string; role: Role; sessionId?: string | undefined }
  | { kind: 'printer'; printerId: string; userId: string; version: number }
  | { kind: 'service'; email: string }
  | { kind: 'operator' }
