import type { Log } from '../runtime/log.ts'
import type { RandomBytes } from '../schema/http/ids.ts'
import { createAgent, methodNames } from './agent/methods.ts'
import type { Caller } from './agent/record-call.ts'
import type { Jitter } from './backoff.ts'
import type { EdgeConfig } from './config.ts'
import type { EdgeContext } from './context.ts'
import { makePrivateDir } from './durable.ts'
import { openEarlierPrinters } from './earlier-printers.ts'
import { reportFacts } from './facts/report-facts.ts'
import { createMarketplace } from './marketplace/client.ts'
import { createPreparedList } from './marketplace/prepared-list.ts'
import { createReach } from './marketplace/reach.ts'
import { connectMoonraker } from './moonraker/connection.ts'
import { type PageParts, pageParts } from './page-parts.ts'
import { removeOtherSpools } from './print/gcode/spool-file.ts'
import { type CurrentJob, createCurrentJob } from './print/job/current-job.ts'
import { openJobRecords } from './print/job/record.ts'
import { jobFromRecord } from './print/job/state.ts'
import { nextJob } from './print/next-job.ts'
import { openOutbox } from './print/reports/outbox.ts'
import { createRun, type JobRun } from './print/run.ts'
import { openOrders } from './print/stream/orders.ts'
import { startStreamServer } from './print/stream/server.ts'
import { openStubs } from './print/stubs/index.ts'
import { keepStubs } from './print/stubs/keep.ts'
import type { PrivateSocket } from './private-socket.ts'
import { openSecurityLog } from './security-log.ts'
import { openSettings } from './settings.ts'
import { startShell } from './shell.ts'
import { openStore } from './store.ts'

export interface EdgeDeps {
  config: EdgeConfig
  /** Milliseconds since 1970. */
  clock: () => number
  jitter: Jitter
  randomBytes: RandomBytes
  /** Identifies this boot of the host: see boot-nonce.ts. */
  bootNonce: string
  log: Log
}

export interface Edge {
  /** An agent method, called from within this process. */
  call: (method: string, params?: unknown, caller?: Caller) => Promise<unknown>
  /** For the printer's page. */
  page: PageParts
  close: () => Promise<void>
}

/**
 * Starts the edge: connects to Moonraker, listens for the extra, continues the job of an earlier run, then waits for the next
 * ones. Rejects (ConfigError) when it cannot work at all. It waits for a marketplace or printer that is offline.
 */
export async function startEdge({ config, clock, jitter, randomBytes, bootNonce, log }: EdgeDeps): Promise<Edge> {
  await makePrivateDir(config.dataDir)
  const stop = new AbortController()
  const reach = createReach()
  const currentJob = createCurrentJob()
  const store = await openStore(config.dataDir, config.marketplaceUrl)
  const marketplace = createMarketplace({
    url: config.marketplaceUrl,
    token: () => store.identity()?.printer_token ?? null,
    bootNonce,
    reach,
    clock,
  })
  const earlierPrinters = await openEarlierPrinters({ config, store, marketplace, jitter, log })
  const { dataDir, timing } = config
  const outbox = await openOutbox({ dataDir, marketplace, clock, jitter, log, timing })
  const records = await openJobRecords(config.dataDir, log)
  const orders = await openOrders(config.dataDir, randomBytes, log)
  const stubs = await openStubs(config.dataDir, clock, log)
  const settings = await openSettings(config.dataDir, config)
  const securityLog = await openSecurityLog(config.dataDir, clock, log)
  const moonraker = connectMoonraker({
    url: config.moonrakerUrl,
    apiKey: config.moonrakerApiKey,
    homeUrl: config.marketplaceUrl,
    onRequest: (method, params) => agent.call(method, params),
    remoteMethods: methodNames,
    onRemoteCall: (method, params) => void agent.callFromMacro(method, params),
    jitter,
    log,
  })
  const signal = stop.signal
  const prepared = createPreparedList(marketplace, store)
  const parts = { store, prepared, earlierPrinters, marketplace, moonraker, records, orders, outbox, stubs, settings }
  const ctx: EdgeContext = { config, clock, jitter, randomBytes, bootNonce, log, signal, securityLog, ...parts }
  const agent = createAgent(ctx, currentJob, reach)

  const servers: PrivateSocket[] = []
  const closeServers = () => Promise.all(servers.map(server => server.close()))
  const start = async () => {
    const jobs = await unfinishedJobs(ctx)
    // Set before the extra can ask for its lines.
    if (jobs[0]) currentJob.set(jobs[0])
    servers.push(await startStreamServer(ctx, currentJob))
    // Printing does not need the shell: with a data folder whose path is too long for a socket, the edge runs without it.
    const shell = startShell(config.dataDir, agent.shell, log).then(server => servers.push(server))
    await shell.catch((error: unknown) => {
      log.warn({ err: error }, 'commands of the shell do not reach this printer: its socket cannot be opened')
    })
    return jobs
  }
  const unfinished = await start().catch(async (error: unknown) => {
    stop.abort(error)
    await closeServers()
    moonraker.close()
    throw error
  })
  const loops = [
    outbox.run(signal),
    earlierPrinters.run(signal),
    work(ctx, currentJob, unfinished),
    keepStubs(ctx, currentJob),
    reportFacts(ctx),
  ]
  const running = loops.map(loop => whileRunning(ctx, loop))
  return {
    call: agent.run,
    page: pageParts(ctx, currentJob, reach),
    async close() {
      stop.abort(new Error('the edge ends'))
      await Promise.all([closeServers(), agent.settled(), ...running])
      await securityLog.close()
      moonraker.close()
    },
  }
}

/** The jobs of an earlier run. One with a report in the outbox has ended: that run was killed before it removed the record. */
async function unfinishedJobs(ctx: EdgeContext): Promise<JobRun[]> {
  const jobs: JobRun[] = []
  for (const record of ctx.records.unfinished) {
    const { print_job_id: id, purchase_id } = record.claim
    if (record.isOrdered) await ctx.orders.forget(purchase_id)
    if (ctx.outbox.has(id)) await ctx.records.remove(id)
    else jobs.push(createRun(ctx, jobFromRecord(record, ctx.bootNonce)))
  }
  const ids = jobs.map(job => job.id)
  await removeOtherSpools(ctx.config.dataDir, ids)
  return jobs
}

/** One job after another, beginning with those of an earlier run. */
async function work(ctx: EdgeContext, currentJob: CurrentJob, unfinished: JobRun[]): Promise<void> {
  for (const job of unfinished) await workOn(currentJob, job)
  for (;;) await workOn(currentJob, await nextJob(ctx, currentJob))
}

async function workOn(currentJob: CurrentJob, job: JobRun): Promise<void> {
  if (currentJob.get() !== job) currentJob.set(job)
  try {
    await job.run()
  } finally {
    currentJob.set(null)
  }
}

/** The loops run until the edge ends. A loop that fails earlier is a fault: it is logged and ends the process. */
async function whileRunning(ctx: EdgeContext, loop: Promise<void>): Promise<void> {
  try {
    await loop
  } catch (error) {
    if (ctx.signal.aborted) return
    ctx.log.error({ err: error }, 'the edge cannot go on')
    throw error
  }
}
