import { z } from 'zod'

/** The part of the running service's status (agent/status.ts) that its commands read. */
export const edgeStatus = z.object({
  version: z.string(),
  registered: z.boolean(),
  name: z.string().nullable(),
  auto_start: z.boolean(),
  marketplace: z.object({ url: z.string(), reachable: z.boolean().nullable(), problem: z.string().nullable() }),
  printer: z.object({ connected: z.boolean(), klippy: z.string() }),
  job: z.object({ file: z.string().nullable(), state: z.string(), problem: z.string().nullable() }).nullable(),
  reports: z.array(z.unknown()),
})
export type EdgeStatus = z.infer<typeof edgeStatus>
