import { eq } from 'drizzle-orm'
import * as assert from 'uvu/assert'
import { grantKey } from '../../../../bff/services/print-job/key-grant.ts'
import { recordProgress } from '../../../../bff/services/print-job/progress.ts'
import { printJobs } from '../../../../schema/db/bff/index.ts'
import { refusal } from '../../../make/errors.ts'
import { whileHeld } from '../../../make/held.ts'
import { makePrepared } from '../../../make/prepared.ts'
import { boot, claim, otherBoot, print, printJobsSuite, report } from '../../../make/print-jobs.ts'

const test = printJobsSuite('claims of print jobs')

test('a poll that waits is woken by the job', async world => {
  const own = await makePrepared(world.market)
  const poll = claim(own, boot, 10_000)
  const started = Date.now()
  await print(own)
  const job = await poll
  assert.is(job?.purchase_id, own.purchaseId)
  assert.ok(Date.now() - started < 5000, 'woken, not timed out')
})

test('a poll without a job answers nothing when its time is over, or the service stops', async world => {
  const own = await makePrepared(world.market)
  assert.is(await claim(own, boot, 50), null)
  const poll = claim(own, boot, 60_000)
  setTimeout(() => world.market.ctx.wake.endWaits(), 20)
  assert.is(await poll, null)
})

test('two polls of one printer at once get one job', async world => {
  const own = await makePrepared(world.market, 3)
  await print(own)
  await print(own)
  const jobs = await Promise.all([claim(own), claim(own), claim(own)])
  const ids = new Set(jobs.flatMap(job => (job ? [job.print_job_id] : [])))
  assert.is(ids.size, 1)
  const active = await world.market.db.select().from(printJobs).where(eq(printJobs.status, 'claimed'))
  assert.is(active.length, 1)
})

test('an active job is given again to its own boot, and to a clone only after the lease', async world => {
  const own = await makePrepared(world.market)
  const { print_job_id } = await print(own)
  await claim(own)
  assert.is((await claim(own))?.print_job_id, print_job_id)
  await refusal('job_claimed_elsewhere', () => claim(own, otherBoot))
  const word = { boot_nonce: otherBoot, progress: 0, is_printing: false }
  await refusal('job_claimed_elsewhere', () => recordProgress(own.printer, print_job_id, word))
  await refusal('job_claimed_elsewhere', () => grantKey(own.printer, print_job_id, otherBoot))
  world.market.clock.pass(61_000)
  assert.is((await claim(own, otherBoot))?.print_job_id, print_job_id)
  await refusal('job_claimed_elsewhere', () => claim(own, boot))
})

test('a word of the old boot that comes in the middle of a takeover does nothing to the job', async world => {
  const { sql, db } = world.market
  const own = await makePrepared(world.market)
  const { print_job_id: id } = await print(own)
  const words = {
    'runs lines': () => recordProgress(own.printer, id, { boot_nonce: boot, progress: 0.5, is_printing: true }),
    'is alive': () => recordProgress(own.printer, id, { boot_nonce: boot, progress: 0.5, is_printing: false }),
    'wants the key': () => grantKey(own.printer, id, boot),
  }
  for (const [what, say] of Object.entries(words)) {
    await db.update(printJobs).set({ status: 'claimed', bootNonce: boot, keysGranted: 1, leaseUntil: null })
    const takeOver = `UPDATE print_jobs SET boot_nonce = '${otherBoot}' WHERE print_job_id = '${id}'`
    const [answer] = await whileHeld<unknown>(sql, tx => tx.unsafe(takeOver), [say])
    assert.is(answer?.status === 'rejected' && answer.reason.code, 'job_claimed_elsewhere', what)
    const [job] = await db.select().from(printJobs)
    assert.equal([job!.status, job!.progress, job!.leaseUntil, job!.keysGranted], ['claimed', 0, null, 1], what)
  }
})

test('a poll while the report is on its way is never told of another start', async world => {
  const own = await makePrepared(world.market, 20)
  for (let round = 0; round < 10; round++) {
    const { print_job_id } = await print(own)
    await claim(own)
    const [, ...polls] = await Promise.all([report(own, print_job_id, 'success'), claim(own), claim(own), claim(own)])
    assert.ok(polls.every(job => job === null || job.print_job_id === print_job_id))
  }
})

test('the claim carries a grant for this printer’s key only', async world => {
  const own = await makePrepared(world.market)
  await print(own)
  const job = await claim(own)
  const claims = JSON.parse(Buffer.from(job!.cws_token.split('.')[1]!, 'base64url').toString())
  assert.equal(claims.contexts, [`printer:${own.printerId}`])
  assert.is(claims.aud, 'lmnt-cws')
  assert.is(claims.exp - claims.iat, 300)
  // One value under all the names that clients know it by.
  const { kek_encrypted_psek_for_gcode_encryption: psek, encrypted_psek, kek_id, gcode_dek } = job!
  assert.equal([encrypted_psek, kek_id], [psek, psek])
  assert.is(gcode_dek, job!.psek_encrypted_gcode_dek)
})

test.run()
