import { createShell, parse } from '../runtime/http.ts'
import type { VerifyIdToken } from '../runtime/id-token.ts'
import { limitBody } from '../runtime/limit-body.ts'
import type { ShellEnv } from '../runtime/problem.ts'
import { jsonLimits, parseJson } from '../schema/http/json.ts'
import { printerFactsMaxBytes, printerFactsMaxValues } from '../schema/http/printer-facts.ts'
import { profileFilesMaxBytes, profileMaxBytes, profileMaxValues } from '../schema/http/profiles.ts'
import {
  checkProfileRequest,
  checkProfileResponse,
  engineListResponse,
  inspectRequest,
  inspectResponse,
  readProfileRequest,
  readProfileResponse,
} from '../schema/http/slicer.ts'
import { slicingJob } from '../schema/messages/slicing.ts'
import { readProfileFiles } from './bundles/read-profile.ts'
import type { Context } from './context.ts'
import { checkProfile } from './dry-run/check-profile.ts'
import { tryEngine } from './engines/try-engine.ts'
import { inspectModel } from './inspect/inspect.ts'
import { runPushedJob } from './queue/run-pushed-job.ts'
import { only } from './routes/accounts.ts'
import { sliceJob } from './slice/slice-job.ts'

export interface AppOptions {
  context: Context
  verifyIdToken: VerifyIdToken
  /** The service accounts of Pub/Sub's push and of the marketplace. */
  pushServiceAccount: string
  bffServiceAccount: string
}

/** Addresses, wrapped keys and a grant: some kilobytes. */
const bodyMaxBytes = 256 * 1024

/** A profile and what its printer is. */
const profileBodyMaxBytes = profileMaxBytes + printerFactsMaxBytes + 1024
const profileJsonLimits = { ...jsonLimits, maxValues: profileMaxValues + printerFactsMaxValues }

/** Base64 takes four bytes for three; names come on top. */
const profileFilesBodyMaxBytes = Math.ceil(profileFilesMaxBytes / 3) * 4 + 8 * 1024

/** The slicer's routes. Each calls one operation of slice/, inspect/, dry-run/ or bundles/. */
export function createApp({ context, verifyIdToken, pushServiceAccount, bffServiceAccount }: AppOptions) {
  const app = createShell<ShellEnv>({ log: context.log, ready: once(() => tryEngine(context)) })
  const forPush = [only(verifyIdToken, pushServiceAccount), limitBody(bodyMaxBytes)] as const
  const forMarketplace = [only(verifyIdToken, bffServiceAccount), limitBody(bodyMaxBytes)] as const

  app.post('/pubsub/slicing-jobs', ...forPush, async c => {
    await runPushedJob(context, Buffer.from(await c.req.arrayBuffer()))
    return c.body(null, 204)
  })
  app.post('/slice', ...forMarketplace, async c => {
    const job = parse(slicingJob, parseJson(await c.req.text()))
    return c.json({ outcome: await sliceJob(context, job) })
  })
  app.post('/inspect', ...forMarketplace, async c => {
    const request = parse(inspectRequest, parseJson(await c.req.text()))
    return c.json(inspectResponse.parse(await inspectModel(context, request, c.req.raw.signal)))
  })
  app.post('/check-profile', only(verifyIdToken, bffServiceAccount), limitBody(profileBodyMaxBytes), async c => {
    const request = parse(checkProfileRequest, parseJson(await c.req.text(), profileJsonLimits))
    return c.json(checkProfileResponse.parse(await checkProfile(context, request)))
  })
  app.post('/read-profile', only(verifyIdToken, bffServiceAccount), limitBody(profileFilesBodyMaxBytes), async c => {
    const request = parse(readProfileRequest, parseJson(await c.req.text()))
    return c.json(readProfileResponse.parse(await readProfileFiles(context, request)))
  })
  app.get('/engines', c => {
    const engines = context.engines.map(({ name, version, license, source_url, ignores }, index) => {
      return { name, version, default: index === 0, license, source_url, ignores }
    })
    return c.json(engineListResponse.parse({ engines }))
  })
  return app
}

/** Remembers a success; the next call after a failure runs it again. */
function once(run: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined
  return () => {
    done ??= run().catch((error: unknown) => {
      done = undefined
      throw error
    })
    return done
  }
}
