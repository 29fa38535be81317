import { tmpdir } from 'node:os'
import { z } from 'zod'
import { listenConfig, seconds } from '../runtime/config.ts'
import { engineName } from '../schema/http/slicer.ts'

const count = z.coerce.number().int().positive()

/** The environment variables that main.ts reads. */
export const serviceConfig = z.object({
  ...listenConfig,
  LOG_LEVEL: z.string().default('info'),

  /** This service's own URL: the audience of its callers' tokens. */
  SLICER_URL: z.url(),
  BFF_URL: z.url(),
  CWS_URL: z.url(),

  GOOGLE_CLOUD_PROJECT: z.string().min(1),
  TOPIC_SLICING_RESULTS: z.string().min(1),
  STORAGE_API_ENDPOINT: z.url().optional(),
  GOOGLE_JWKS_URL: z.url().default('https://www.googleapis.com/oauth2/v3/certs'),
  GOOGLE_ISSUER: z.url().default('https://accounts.google.com'),
  PUSH_SERVICE_ACCOUNT: z.email(),
  BFF_SERVICE_ACCOUNT: z.email(),

  /** The engine when the buyer names none. */
  SLICER_ENGINE: engineName.default('three'),
  /** The `three` engine's program: engines/three/child.ts, bundled (dist/slicer-three.js). */
  ENGINE_CHILD: z.string().min(1),
  /** Programs of the other engines, where they are installed. */
  PRUSA_SLICER: z.string().startsWith('/').default('/usr/bin/prusa-slicer'),
  ORCA_SLICER: z.string().startsWith('/').default('/opt/orca-slicer/AppRun'),
  /** The program that opens models: open/child.ts, bundled (dist/slicer-open.js). */
  MODEL_CHILD: z.string().min(1),
  /** Below Pub/Sub's ack deadline of 600 s, with time for the rest of the job. */
  SLICER_TIMEOUT_SECONDS: seconds.max(570).default(480),
  SLICER_MEMORY_MIB: count.default(2048),
  /** For hosts that have neither bwrap nor unshare: the engine then runs with our own rights. */
  SLICER_ALLOW_UNSANDBOXED: z.stringbool().default(false),
  /** Holds G-code while it is being made, compressed and sealed. Where it is a tmpfs, it takes memory: a quarter of the G-code. */
  SLICER_SPOOL_DIR: z.string().min(1).default(tmpdir()),
  SLICES_AT_ONCE: count.default(1),
  SLICES_WAITING: z.coerce.number().int().min(0).default(4),
  INSPECTIONS_AT_ONCE: count.default(1),
  INSPECTIONS_WAITING: z.coerce.number().int().min(0).default(16),
  /** Reading or dry-running a profile takes some milliseconds. */
  PROFILES_AT_ONCE: count.default(2),
  PROFILES_WAITING: z.coerce.number().int().min(0).default(64),
})
export type ServiceConfig = z.infer<typeof serviceConfig>
