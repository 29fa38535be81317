import { randomBytes } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { closeJob, countOpening } from '../../../cws/keys/openings.ts'
import { connectDatabase } from '../../../schema/db/connect.ts'
import { isAppError } from '../../../schema/http/errors.ts'
import { makeCws, serviceAccounts, type TestCws } from '../../make/cws.ts'

const limit = 5
const printer = 'printer:printer_1'

let cws: TestCws
let bff: string
let blob: string

const test = suite('how often keys are opened')
test.before(async () => {
  cws = await makeCws({ settings: { openingsPerJob: limit } })
  bff = await cws.idToken(serviceAccounts.bff)
  const body = { dataToEncrypt: Buffer.from('a key').toString('base64'), context: printer }
  blob = String((await cws.succeed('encrypt-data', body, bff)).encryptedData)
})
test.after(() => cws.close())

let jobs = 0
const newJob = () => `job_${++jobs}`
const grantFor = async (job: string) => (await cws.tokens.grant('printer_1', job, [printer])).token
const open = async (job: string, dataToDecrypt = blob) =>
  cws.call('decrypt-data', { dataToDecrypt }, await grantFor(job))

test('a job opens its key so many times, with however many grants', async () => {
  const job = newJob()
  for (let count = 0; count < limit; count++) assert.is((await open(job)).status, 200)
  const refused = await open(job)
  assert.equal([refused.status, refused.body.code, refused.body.decryptedData], [423, 'openings_exhausted', undefined])
  assert.is((await open(newJob())).status, 200, 'another job is not concerned')
})

test('a call that opens no key does not count', async () => {
  const job = newJob()
  const damaged = Buffer.from(blob, 'base64')
  damaged[damaged.length - 1]! ^= 1
  for (let count = 0; count < limit + 1; count++) {
    assert.is((await open(job, damaged.toString('base64'))).body.code, 'key_blob_invalid')
  }
  assert.is((await open(job)).status, 200)
})

test('of many openings at once in two processes, no more pass than the limit', async () => {
  const other = connectDatabase({ ...cws.at, applicationName: 'other', max: 10 })
  const processes = [cws.parts, { ...cws.parts, db: other.db as unknown as TestCws['db'] }]
  const seed = randomBytes(4).toString('hex')
  for (let round = 0; round < 30; round++) {
    const job = `job_${seed}_${round}`
    const opened = await Promise.allSettled(
      Array.from({ length: 24 }, (_, index) => countOpening(processes[index % 2]!, job)),
    )
    assert.is(opened.filter(result => result.status === 'fulfilled').length, limit, `${job}: as many as allowed`)
    for (const result of opened) {
      if (result.status === 'rejected') assert.ok(isAppError(result.reason, 'openings_exhausted'), job)
    }
  }
  await other.close()
})

test('an ended job opens no key, even with a valid grant', async () => {
  const [opened, unopened] = [newJob(), newJob()]
  assert.is((await open(opened)).status, 200)
  for (const job of [opened, unopened]) {
    const grant = await grantFor(job)
    for (let time = 0; time < 2; time++) assert.is((await cws.call('end-job', { job }, bff)).status, 200)
    const refused = await cws.call('decrypt-data', { dataToDecrypt: blob }, grant)
    assert.equal([refused.status, refused.body.code], [409, 'job_ended'])
  }
})

test('once the end is known, no opening that comes later passes, in any process', async () => {
  for (let round = 0; round < 20; round++) {
    const job = newJob()
    await Promise.allSettled([countOpening(cws.parts, job), closeJob(cws.parts, job), countOpening(cws.parts, job)])
    const late = await countOpening(cws.parts, job).catch(error => error)
    assert.ok(isAppError(late, 'job_ended'), job)
  }
})

test('only the bff ends a job', async () => {
  const job = newJob()
  const slicer = await cws.idToken(serviceAccounts.slicer)
  assert.is((await cws.call('end-job', { job }, slicer)).body.code, 'forbidden')
  assert.is((await cws.call('end-job', { job }, await grantFor(job))).status, 401)
  assert.is((await open(job)).status, 200)
})

test.run()
