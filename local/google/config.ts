import { z } from 'zod'
import { port } from '../../runtime/config.ts'
import { faultsSchema } from './faults.ts'
import { grantSchema } from './storage/access.ts'

const anyPort = port.default(0)

/** The options of the doubles. They contain no secret: keys are made in `dataDir`. */
export const googleOptionsSchema = z.strictObject({
  dataDir: z.string().min(1),
  projectId: z.string().regex(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/, 'is no project id: 6 to 30 of a-z, 0-9 and -'),
  /** 0 is any free port. */
  ports: z
    .strictObject({ storage: anyPort, pubsub: anyPort, certs: anyPort })
    .default({ storage: 0, pubsub: 0, certs: 0 }),
  /** Each has its own metadata server, on its own port: to its clients that is the machine they run on. */
  serviceAccounts: z.array(z.strictObject({ name: z.string().min(1), email: z.email(), port: anyPort })).min(1),
  buckets: z.array(z.strictObject({ name: z.string(), grants: z.array(grantSchema).default([]) })).default([]),
  /** E-mails of accounts that may make buckets by the API. Those buckets have no grants. */
  bucketCreators: z.array(z.email()).default([]),
  /** Most concurrent push requests of one subscription. */
  pushConcurrency: z.number().int().min(1).max(1000).default(8),
  /** Divides Google's back-offs and deadlines of pushed messages. */
  timeScale: z.number().min(1).default(1),
  faults: faultsSchema.prefault({}),
})

export type GoogleOptions = z.input<typeof googleOptionsSchema>
