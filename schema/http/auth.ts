import { z } from 'zod'
import { idSchema } from './ids.ts'

export const roleSchema = z.enum(['designer', 'enthusiast'])
export type Role = z.infer<typeof roleSchema>

const email = z
  .email()
  .max(254)
  .transform(text => text.toLowerCase())

export const registerRequest = z.object({
  email,
  password: z.string().min(10, 'must have at least 10 characters').max(200),
  role: roleSchema.default('enthusiast'),
})
export type RegisterRequest = z.infer<typeof registerRequest>

export const loginRequest = z.object({ email, password: z.string().min(1).max(200) })
export type LoginRequest = z.infer<typeof loginRequest>

export const refreshRequest = z.object({ refresh_token: z.string().min(20).max(200) })
export type RefreshRequest = z.infer<typeof refreshRequest>

/** What log-in, registration and refresh answer. The access token lives 1 h; the refresh token is good for one use. */
export const sessionResponse = z.object({
  user_id: idSchema('user'),
  role: roleSchema,
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.int(),
  refresh_token: z.string(),
})
export type SessionResponse = z.infer<typeof sessionResponse>
