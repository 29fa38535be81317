import { eq } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { drain } from '../../../../bff/services/outbox/drain.ts'
import { claimPrintJob } from '../../../../bff/services/print-job/claim.ts'
import { expirePrintJobs } from '../../../../bff/services/print-job/expire.ts'
import { grantKey } from '../../../../bff/services/print-job/key-grant.ts'
import { recordProgress } from '../../../../bff/services/print-job/progress.ts'
import { reportOutcome } from '../../../../bff/services/print-job/report.ts'
import { requestPrint } from '../../../../bff/services/print-job/request.ts'
import { removePrinter } from '../../../../bff/services/printer/remove.ts'
import { cwsClient, openWithGrant } from '../../../../runtime/cws.ts'
import { listen } from '../../../../runtime/serve.ts'
import { outbox, printers } from '../../../../schema/db/bff/index.ts'
import { isAppError } from '../../../../schema/http/errors.ts'
import { makeCws, serviceAccounts, type TestCws } from '../../../make/cws.ts'
import { makeContext, type TestContext } from '../../../make/market.ts'
import { makePrepared } from '../../../make/prepared.ts'

interface World {
  market: TestContext
  cws: TestCws
  cwsUrl: string
  close: () => Promise<void>
}
const test = suite<World>('grants for the CWS')
const boot = 'boot-nonce-of-one-edge'
const psek = Buffer.from('the printer’s key, 32 bytes long')

test.before(async world => {
  const cws = await makeCws()
  const server = await listen(cws.app)
  const token = await cws.idToken(serviceAccounts.bff)
  const market = await makeContext({
    clock: cws.clock,
    wakes: true,
    tokens: cws.tokens,
    cws: cwsClient(server.url, async () => ({ authorization: `Bearer ${token}` })),
  })
  const close = async () => {
    await server.close(0)
    await market.close()
    await cws.close()
  }
  Object.assign(world, { market, cws, cwsUrl: server.url, close })
})
test.after(world => world.close())

/** A claimed job of a printer with a real wrapped key, and the grant that came with it. */
async function claimed({ market }: World) {
  const { ctx, db } = market
  const own = await makePrepared(market)
  const kekEncryptedPsek = await ctx.cws.encrypt(psek, `printer:${own.printerId}`)
  await db.update(printers).set({ kekEncryptedPsek }).where(eq(printers.printerId, own.printerId))
  await requestPrint(own.user, { purchase_id: own.purchaseId })
  const job = await claimPrintJob(own.printer, boot, 0, new AbortController().signal)
  return { own, id: job!.print_job_id, grant: job!.cws_token, blob: kekEncryptedPsek }
}

const ends: Record<string, (world: World, job: Awaited<ReturnType<typeof claimed>>) => Promise<unknown>> = {
  success: (_, { own, id }) => reportAs(own, id, 'success'),
  failure: (_, { own, id }) => reportAs(own, id, 'failure'),
  expiry: async ({ market, cws }, { own, id }) => {
    await recordProgress(own.printer, id, { boot_nonce: boot, progress: 0.5, is_printing: true })
    cws.clock.pass(8 * 24 * 3600_000)
    return expirePrintJobs(market.ctx)
  },
  'removal of the printer': (_, { own }) => removePrinter(own.user, own.printerId, { force: true }),
}

function reportAs(own: Awaited<ReturnType<typeof makePrepared>>, id: string, status: 'success' | 'failure') {
  const { userId: user_id, purchaseId: purchase_id } = own
  return reportOutcome(own.printer, { user_id, purchase_id, print_job_id: id, status })
}

for (const [how, end] of Object.entries(ends)) {
  test(`after the ${how} of a job, no grant of it opens the printer’s key`, async world => {
    const { market, cwsUrl } = world
    const job = await claimed(world)
    assert.equal(await openWithGrant(cwsUrl, job.grant, job.blob), psek)
    await end(world, job)
    await market.db.delete(outbox).where(eq(outbox.channel, 'ledger'))
    await drain(market.ctx)
    // As a client of its own would that had asked for one grant after the other, the last just before the end.
    const late = await market.ctx.tokens.grant(job.own.printerId, job.id, [`printer:${job.own.printerId}`])
    const refused = await openWithGrant(cwsUrl, late.token, job.blob).catch(error => error)
    assert.ok(isAppError(refused, 'job_ended'), String(refused))
    const asked = await grantKey(job.own.printer, job.id, boot).catch(error => error)
    assert.ok(isAppError(asked, 'job_ended', 'printer_revoked'), String(asked))
  })
}

test('a job gets twenty grants a minute, however fast they are asked for', async world => {
  const { own, id } = await claimed(world)
  const asked = await Promise.allSettled(Array.from({ length: 300 }, () => grantKey(own.printer, id, boot)))
  assert.is(asked.filter(result => result.status === 'fulfilled').length, 20)
  for (const result of asked) {
    if (result.status === 'rejected') assert.ok(isAppError(result.reason, 'too_many_requests'), String(result.reason))
  }
  world.cws.clock.pass(61_000)
  assert.ok((await grantKey(own.printer, id, boot)).cws_token)
})

test.run()
