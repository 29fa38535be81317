import type { Role } from '../schema/http/auth.ts'

/** Who asks. A printer's claims are checked against its row by requirePrinter, since a token can be revoked at once. */
export type Actor =
  | { kind: 'user'; userId: string; role: Role; sessionId?: string | undefined }
  | { kind: 'printer'; printerId: string; userId: string; version: number }
  | { kind: 'service'; email: string }
  | { kind: 'operator' }
