import type { HonoRequest } from 'hono'
import { createShell, limitBody, parse, type ShellEnv } from '../runtime/http.ts'
import type { VerifyIdToken } from '../runtime/id-token.ts'
import { AppError } from '../schema/http/errors.ts'
import { newId } from '../schema/http/ids.ts'
import { engineListResponse, inspectRequest, inspectResponse } from '../schema/http/slicer.ts'
import { slicingJob } from '../schema/messages/slicing.ts'
import type { Context } from './context.ts'
import { tryEngine } from './engines/try-engine.ts'
import { inspectModel } from './inspect/inspect.ts'
import { takePushedJob } from './queue/take-job.ts'
import { only } from './routes/accounts.ts'
import { sliceJob } from './slice/slice-job.ts'

export interface AppOptions {
  context: Context
  verifyIdToken: VerifyIdToken
  /** Whose token Pub/Sub's push brings, and the marketplace's own. */
  pushServiceAccount: string
  bffServiceAccount: string
}

/** Addresses, wrapped keys and a grant: some kilobytes. */
const bodyMaxBytes = 256 * 1024

/** The slicer's paths; each is one verb of slice/ or inspect/. */
export function createApp({ context, verifyIdToken, pushServiceAccount, bffServiceAccount }: AppOptions) {
  const requestId = () => newId('event', context.random).replace('event_', 'req_')
  const app = createShell<ShellEnv>({ log: context.log, requestId, ready: once(() => tryEngine(context)) })
  app.use(limitBody(bodyMaxBytes))
  app.use('/pubsub/*', only(verifyIdToken, pushServiceAccount))
  app.use('/inspect', only(verifyIdToken, bffServiceAccount))
  app.use('/slice', only(verifyIdToken, bffServiceAccount))

  app.post('/pubsub/slicing-jobs', async c => {
    await takePushedJob(context, await json(c.req))
    return c.body(null, 204)
  })
  app.post('/slice', async c => c.json({ outcome: await sliceJob(context, parse(slicingJob, await json(c.req))) }))
  app.post('/inspect', async c => {
    const request = parse(inspectRequest, await json(c.req))
    return c.json(inspectResponse.parse(await inspectModel(context, request, c.req.raw.signal)))
  })
  app.get('/engines', c => {
    const engines = context.engines.map(({ name, version }, index) => ({ name, version, default: index === 0 }))
    return c.json(engineListResponse.parse({ engines }))
  })
  return app
}

/** Remembers a success; after a failure it is tried again. */
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

async function json(request: HonoRequest): Promise<unknown> {
  return request.json().catch(() => {
    throw new AppError('bad_request', 'The body is not JSON.')
  })
}
