/**
 * Makes the folders in data-folders/: the edge's data and stubs after it was killed. Run it in a checkout of the version whose data
 * you need: npx tsx test/make/edge/make-data-folder.ts waiting|printing TARGET
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../../schema/http/errors.ts'
import { eventually } from '../eventually.ts'
import { makeGcode } from './gcode.ts'
import { makeEdgeFixture } from './set-up.ts'

const [kind = 'waiting', target = ''] = process.argv.slice(2)
const isPrinting = kind === 'printing'

/** Replaces the address of the marketplace in the saved files. */
const placeholder = 'http://marketplace.invalid'

const fixture = await makeEdgeFixture({ autoStart: true })
const { market, client, config } = fixture
market.refuseReports = Array.from({ length: 1000 }, () => new AppError('unavailable', 'Not now.'))
const reported = await market.add(makeGcode(100), { title: 'Bracket' })
await eventually('the report waits', () => readdirSync(join(config.dataDir, 'outbox')).length === 1)
// The marketplace has given up on this job: otherwise it would offer no other before it has the report.
reported.status = 'expired'

await client.call('virtual_printer.set_speed', { lines_per_second: 200 })
config.autoStart = isPrinting
const currentJob = await market.add(makeGcode(2000), { title: 'Gear' })
if (isPrinting) await eventually('the print runs', () => (currentJob.progressReports.at(-1)?.progress ?? 0) > 0)
else {
  await eventually('the job is ready', async () => {
    const { job } = (await client.agent('status')) as { job: { state: string } | null }
    return job?.state === 'ready'
  })
}
await fixture.stopEdge()

const answer = await fetch(`${market.url}/ops/decrypt-data`, {
  method: 'POST',
  headers: { authorization: 'Bearer grant', 'content-type': 'application/json' },
  body: JSON.stringify({ dataToDecrypt: 'wrapped-psek' }),
})
const { decryptedData: psek } = (await answer.json()) as { decryptedData: string }
mkdirSync(target, { recursive: true })
cpSync(config.dataDir, join(target, 'edge'), { recursive: true })
cpSync(join(fixture.printer.gcodesDir, 'LMNT'), join(target, 'gcodes', 'LMNT'), { recursive: true })
for (const name of readdirSync(target, { recursive: true, encoding: 'utf8' })) {
  const path = join(target, name)
  if (!name.endsWith('.json') || !statSync(path).isFile()) continue
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll(market.url, placeholder))
}
const jobs = [reported, currentJob].map(({ claim, status, bootNonce }) => ({ claim, status, bootNonce }))
writeFileSync(join(target, 'marketplace.json'), `${JSON.stringify({ psek, jobs }, null, 2)}\n`)
await fixture.close()
