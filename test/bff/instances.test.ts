import { eq } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { outbox, printJobs, purchases } from '../../schema/db/bff/index.ts'
import { type Instance, type Instances, startInstances } from '../make/marketplace-process.ts'
import { makePrepared, type Prepared } from '../make/prepared.ts'

const test = suite<Instances>('two instances of the marketplace')
test.before(async world => {
  Object.assign(world, await startInstances(2))
})
test.after(world => world.close())

const tokenOf = async ({ market }: Instances, own: Prepared) =>
  (await market.ctx.tokens.forUser(own.userId, 'enthusiast')).token
const printerTokenOf = async ({ market }: Instances, own: Prepared) =>
  (await market.ctx.tokens.forPrinter(own.printerId, own.userId, 1)).token

/** The status and code of POST /api/print at an instance; null when it gave no answer. */
async function askToPrint({ url }: Instance, token: string, purchaseId: string) {
  try {
    const response = await fetch(`${url}/api/print`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ purchase_id: purchaseId }),
    })
    const body = (await response.json()) as { code?: string; print_job_id?: string }
    return { ...body, status: response.status }
  } catch {
    return null
  }
}

function poll({ url }: Instance, token: string, bootNonce: string, waitSeconds = 0) {
  return fetch(`${url}/api/get-print-job?boot_nonce=${bootNonce}`, {
    headers: { authorization: `Bearer ${token}`, prefer: `wait=${waitSeconds}` },
  })
}

test('a poll that waits on one is woken by a print asked of the other', async world => {
  const own = await makePrepared(world.market)
  const [here, there] = world.instances as [Instance, Instance]
  const token = await tokenOf(world, own)
  const waiting = poll(here, await printerTokenOf(world, own), 'boot-nonce-of-one-edge', 20)
  const asked = performance.now()
  const job = await askToPrint(there, token, own.purchaseId)
  const claimed = await waiting
  assert.is(claimed.status, 200)
  assert.is(((await claimed.json()) as { print_job_id: string }).print_job_id, job?.print_job_id)
  assert.ok(performance.now() - asked < 10_000, 'long before the poll would have ended by itself')
})

test('of an edge and its clone, polling both, one gets the job', async world => {
  const own = await makePrepared(world.market)
  await askToPrint(world.instances[0]!, await tokenOf(world, own), own.purchaseId)
  const token = await printerTokenOf(world, own)
  const polls = Array.from({ length: 40 }, (_, index) => {
    const boot = index % 4 < 2 ? 'boot-nonce-of-one-edge' : 'boot-nonce-of-a-clone'
    return poll(world.instances[index % 2]!, token, boot).then(async answer => ({ boot, status: answer.status }))
  })
  const answers = await Promise.all(polls)
  const given = new Set(answers.filter(answer => answer.status === 200).map(answer => answer.boot))
  assert.is(given.size, 1, 'one boot holds it')
  for (const { boot, status } of answers) assert.ok(given.has(boot) ? status !== 409 : status !== 200)
})

// The last: one of the two is dead afterwards.
test('one right, a thousand requests at both, one killed in the middle: exactly one job', async world => {
  const { market, instances } = world
  const own = await makePrepared(market)
  const token = await tokenOf(world, own)
  const [doomed, other] = instances as [Instance, Instance]
  let answered = 0
  const asking = Array.from({ length: 1000 }, async (_, index) => {
    const answer = await askToPrint(index % 2 ? doomed : other, token, own.purchaseId)
    if (++answered === 300) doomed.child.kill('SIGKILL')
    // What a client does whose request got no answer.
    return answer ?? { ...(await askToPrint(other, token, own.purchaseId)), isSecondTry: true }
  })
  const answers = await Promise.all(asking)
  await doomed.ended

  const jobs = await market.db.select().from(printJobs).where(eq(printJobs.purchaseId, own.purchaseId))
  assert.is(jobs.length, 1)
  const [purchase] = await market.db.select().from(purchases).where(eq(purchases.purchaseId, own.purchaseId))
  assert.is(purchase?.printsReserved, 1)
  const told = await market.db.select().from(outbox).where(eq(outbox.purchaseId, own.purchaseId))
  assert.is(told.filter(event => event.type === 'print_job').length, 1)
  assert.ok(
    answers.some(answer => 'isSecondTry' in answer),
    'the kill met requests that were under way',
  )
  const accepted = answers.filter(answer => answer.status === 202)
  assert.ok(accepted.length <= 1, 'none or one was told so: the answer may have died with the instance')
  const others = answers.filter(answer => answer.status !== 202 && answer.code !== 'no_rights_left')
  assert.equal(others, [], 'everyone else is told that no right is left')
})

test.run()
