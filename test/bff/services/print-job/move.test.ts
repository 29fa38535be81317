import * as assert from 'uvu/assert'
import { cancelPrintJob } from '../../../../bff/services/print-job/cancel.ts'
import { moveInQueue } from '../../../../bff/services/print-job/move.ts'
import { isAppError } from '../../../../schema/http/errors.ts'
import { makePrepared, type Prepared } from '../../../make/prepared.ts'
import { claim, print, printJobsSuite, report } from '../../../make/print-jobs.ts'

const test = printJobsSuite('moving a job in the queue of its printer')

async function queueThree(market: Parameters<typeof makePrepared>[0]): Promise<{ own: Prepared; ids: string[] }> {
  const own = await makePrepared(market, 4)
  const ids: string[] = []
  for (let at = 0; at < 3; at++) {
    ids.push((await print(own)).print_job_id!)
    market.clock.pass(1000)
  }
  return { own, ids }
}

const order = async (own: Prepared, id: string, position: number) =>
  (await moveInQueue(own.user, id, position)).print_jobs.map(job => job.print_job_id)

test('the printer gets the jobs in the order that its owner has made', async ({ market }) => {
  const { own, ids } = await queueThree(market)
  const [first, second, third] = ids as [string, string, string]
  assert.equal(await order(own, third, 0), [third, first, second])
  assert.equal(await order(own, third, 1), [first, third, second])
  assert.equal(await order(own, first, 99), [third, second, first], 'beyond the end is the end')
  market.clock.pass(1000)
  const last = (await print(own)).print_job_id!
  for (const id of [third, second, first, last]) {
    assert.is((await claim(own))?.print_job_id, id)
    await report(own, id, 'failure', 'a test')
  }
})

test('of two moves at once neither is lost', async ({ market }) => {
  const { own, ids } = await queueThree(market)
  const [first, second, third] = ids as [string, string, string]
  for (let round = 0; round < 10; round++) {
    await order(own, third, 0)
    await order(own, second, 0)
    await order(own, first, 0)
    await Promise.all([order(own, third, 0), order(own, second, 0)])
    const now = await order(own, first, 99)
    const either = [
      [second, third, first],
      [third, second, first],
    ]
    assert.ok(
      either.some(one => one.join() === now.join()),
      now.join(),
    )
  }
})

test('only a job that waits is moved, and only by its owner', async ({ market }) => {
  const { own, ids } = await queueThree(market)
  const [first, second] = ids as [string, string, string]
  const refused = (code: 'job_ended' | 'forbidden' | 'not_found', work: Promise<unknown>) =>
    work.then(
      () => assert.unreachable(`${code} was expected`),
      error => assert.ok(isAppError(error, code), `${code} was expected, not ${error}`),
    )
  await claim(own)
  await refused('job_ended', moveInQueue(own.user, first, 1))
  await cancelPrintJob(own.user, second)
  await refused('job_ended', moveInQueue(own.user, second, 0))
  await refused('forbidden', moveInQueue((await market.newUser()).ctx, ids[2]!, 0))
  await refused('not_found', moveInQueue(own.user, `${first}x`, 0))
})

test.run()
