import { z } from 'zod'
import { roleSchema } from './auth.ts'
import { keyContext } from './cws.ts'
import { idSchema } from './ids.ts'

/** The marketplace's own tokens: EdDSA JWTs, keys at /.well-known/jwks.json. `iss` is the marketplace's address. */
export const tokenAudience = { marketplace: 'lmnt-marketplace', cws: 'lmnt-cws', device: 'lmnt-device' } as const

/** A person's access token, 1 h. `session` is missing in those of earlier versions. */
export const userClaims = z.object({
  sub: idSchema('user'),
  role: roleSchema,
  session: idSchema('session').optional(),
})
export type UserClaims = z.infer<typeof userClaims>

/** A client that knew the password, 180 days; `password` says which one it was, without telling it. */
export const deviceClaims = z.object({
  sub: idSchema('user'),
  device: z.string().max(50),
  password: z.string().max(50),
})
export type DeviceClaims = z.infer<typeof deviceClaims>

/** A printer's token, 30 days; each renewal raises `version`, and the first use of a version ends those before it. */
export const printerClaims = z.object({
  sub: idSchema('printer'),
  role: z.literal('printer'),
  user_id: idSchema('user'),
  version: z.int(),
})
export type PrinterClaims = z.infer<typeof printerClaims>

/** The longest life of a grant, in seconds: the bff gives it, and the CWS takes no grant that has more. */
export const grantLifeS = 300

/** A grant for the CWS: which contexts its holder may open, and for which job or preparation. */
export const grantClaims = z.object({
  sub: z.string().max(50),
  role: z.literal('grant'),
  job: z.string().max(50),
  contexts: z.array(keyContext).min(1).max(4),
})
export type GrantClaims = z.infer<typeof grantClaims>
