import { z } from 'zod'
import { roleSchema } from './auth.ts'
import { keyContext } from './cws.ts'
import { idSchema } from './ids.ts'

/** The marketplace's own tokens: EdDSA JWTs, keys at /.well-known/jwks.json. `iss` is the marketplace's address. */
export const tokenAudience = { marketplace: 'lmnt-marketplace', cws: 'lmnt-cws', device: 'lmnt-device' } as const

/** A user's access token, 1 h. Tokens of earlier versions have no `session`. */
export const userClaims = z.object({
  sub: idSchema('user'),
  role: roleSchema,
  session: idSchema('session').optional(),
})
export type UserClaims = z.infer<typeof userClaims>

/** The token of a client that knew the password, 180 days. `password` is a hash that identifies which password it was. */
export const deviceClaims = z.object({
  sub: idSchema('user'),
  device: z.string().max(50),
  password: z.string().max(50),
})
export type DeviceClaims = z.infer<typeof deviceClaims>

/** A printer's token, 30 days; each renewal raises `version`, and the first use of a version revokes the earlier ones. */
export const printerClaims = z.object({
  sub: idSchema('printer'),
  role: z.literal('printer'),
  user_id: idSchema('user'),
  version: z.int(),
})
export type PrinterClaims = z.infer<typeof printerClaims>

/** The lifetime of a grant in seconds. The CWS refuses a grant with a longer one. */
export const grantLifeS = 300

/** A grant for the CWS: the contexts that its holder may open, and the job or preparation it is for. */
export const grantClaims = z.object({
  sub: z.string().max(50),
  role: z.literal('grant'),
  job: z.string().max(50),
  contexts: z.array(keyContext).min(1).max(4),
})
export type GrantClaims = z.infer<typeof grantClaims>
