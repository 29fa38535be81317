import { z } from 'zod'
import { roleSchema } from '../http/auth.ts'
import { idSchema } from '../http/ids.ts'

/** The header of every request that changes something, with the session's `csrf` as its value. */
export const csrfHeader = 'x-lmnt-csrf'

/** POST api/login. The answer is a `pageSession`; the token stays on the printer's host. */
export const pageLogin = z.strictObject({
  email: z.string().trim().min(1).max(254),
  password: z.string().min(1).max(200),
})

export const pagePrinter = z.object({
  /** The name of its section in lmnt-edge.cfg: the value of the query `printer`. */
  name: z.string(),
  registered: z.boolean(),
  printer_id: idSchema('printer').nullable(),
  /** The name that it was registered by. */
  registered_name: z.string().nullable(),
  /** Whether it is registered to the person who is logged in; null when nobody is, or it is not registered. */
  is_yours: z.boolean().nullable(),
})

/** GET api/session, and the answer of log-in and log-out. */
export const pageSession = z.object({
  user: z.object({ user_id: idSchema('user'), email: z.string(), role: roleSchema }).nullable(),
  /** When the session ends at the latest; null when nobody is logged in. It ends earlier after `idle_seconds` without a request. */
  expires_at: z.iso.datetime().nullable(),
  idle_seconds: z.int(),
  /** Send it as the header `x-lmnt-csrf`. It changes at log-in and log-out. */
  csrf: z.string(),
  version: z.string(),
  marketplace_url: z.string(),
  /** Whether a password may be sent over this connection. Otherwise open `https_url` and log in there. */
  is_secure: z.boolean(),
  /** The page over HTTPS; null when it is switched off. */
  https_url: z.string().nullable(),
  /** Where the certificate authority of `https_url` can be downloaded, and how it is trusted: a page of the edge; null without HTTPS. */
  trust_url: z.string().nullable(),
  /** Whether watching and cancelling need the owner's log-in too, as Moonraker itself requires one. */
  needs_login: z.boolean(),
  /** Every printer of this host, in the order of lmnt-edge.cfg. */
  printers: z.array(pagePrinter),
})
export type PageSession = z.infer<typeof pageSession>
