import { z } from 'zod'
import { idSchema } from './ids.ts'

export const roleSchema = z.enum(['designer', 'enthusiast'])
export type Role = z.infer<typeof roleSchema>

const email = z
  .email()
  .max(254)
  .transform(text => text.toLowerCase())

const password = z.string().min(10, 'must have at least 10 characters').max(200)

export const registerRequest = z.object({
  email,
  password,
  role: roleSchema.default('enthusiast'),
})
export type RegisterRequest = z.infer<typeof registerRequest>

export const loginRequest = z.object({
  email,
  password: z.string().min(1).max(200),
  /** The device token from an earlier log-in of this client. With it, wrong passwords from strangers do not lock this client out. */
  device_token: z.string().max(1000).optional(),
})
export type LoginRequest = z.infer<typeof loginRequest>

export const changePasswordRequest = z.object({ current_password: z.string().min(1).max(200), new_password: password })
export type ChangePasswordRequest = z.infer<typeof changePasswordRequest>

export const refreshRequest = z.object({ refresh_token: z.string().min(20).max(200) })
export type RefreshRequest = z.infer<typeof refreshRequest>

/** The answer to log-in, registration and refresh. The access token is valid for 1 h; the refresh token for one use. */
export const sessionResponse = z.object({
  user_id: idSchema('user'),
  role: roleSchema,
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.int(),
  refresh_token: z.string(),
  /** Present after log-in, registration and a password change. Keep it and send it with the next log-in; alone it grants no access. */
  device_token: z.string().optional(),
})
export type SessionResponse = z.infer<typeof sessionResponse>

/** One log-in that has not ended. */
export const sessionEntry = z.object({
  session_id: idSchema('session'),
  /** The client's User-Agent header. */
  user_agent: z.string().nullable(),
  created_at: z.iso.datetime(),
  last_used_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
  /** True for the session of the request's own token. */
  is_current: z.boolean(),
})
export type SessionEntry = z.infer<typeof sessionEntry>
export const sessionListResponse = z.object({ sessions: z.array(sessionEntry) })
