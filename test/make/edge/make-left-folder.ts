/**
 * Makes the folders in left-folders/: what an edge leaves on the disk when it is killed. To be run in a checkout of the version
 * whose folder is wanted: npx tsx test/make/edge/make-left-folder.ts waiting|printing TARGET
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../../schema/http/errors.ts'
import { eventually } from '../eventually.ts'
import { makeGcode } from './gcode.ts'
import { makeEdgeFixture } from './set-up.ts'

const [kind = 'waiting', target = ''] = process.argv.slice(2)
const isPrinting = kind === 'printing'

/** The address of the marketplace in what is kept. */
const placeholder = 'http://marketplace.invalid'

const fixture = await makeEdgeFixture({ autoStart: true })
const { market, client, config } = fixture
market.refuseReports = Array.from({ length: 1000 }, () => new AppError('unavailable', 'Not now.'))
const reported = await market.add(makeGcode(100), { title: 'Bracket' })
await eventually('the report waits', () => readdirSync(join(config.dataDir, 'outbox')).length === 1)
// Given up by the marketplace meanwhile: else it gives no other job before it has the report.
reported.status = 'expired'

await client.call('virtual_printer.set_speed', { lines_per_second: 200 })
config.autoStart = isPrinting
const inHand = await market.add(makeGcode(2000), { title: 'Gear' })
if (isPrinting) await eventually('the print runs', () => (inHand.progressReports.at(-1)?.progress ?? 0) > 0)
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
const jobs = [reported, inHand].map(({ claim, status, bootNonce }) => ({ claim, status, bootNonce }))
writeFileSync(join(target, 'marketplace.json'), `${JSON.stringify({ psek, jobs }, null, 2)}\n`)
await fixture.close()
