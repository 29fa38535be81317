import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { user } from '../../make/edge/fake-marketplace.ts'
import { makeGcode } from '../../make/edge/gcode.ts'
import { type EdgeFixture, type EdgeFixtureOptions, makeEdgeFixture, reported } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite('a prepared purchase in the file list')

async function withEdge(options: EdgeFixtureOptions, work: (fixture: EdgeFixture) => Promise<void>): Promise<void> {
  // Also while a job is in hand the list is looked at often.
  const fixture = await makeEdgeFixture({ ...options, timing: { preparedMs: 50, ...options.timing } })
  try {
    await work(fixture)
  } finally {
    await fixture.close()
  }
}

const pathOf = (fixture: EdgeFixture, name = 'LMNT/Gear.gcode') => join(fixture.printer.gcodesDir, name)
const appears = (fixture: EdgeFixture, name?: string) => eventually(`${name}`, () => existsSync(pathOf(fixture, name)))

/** The edge asks again only after it has done what the answer before asked of it. */
async function listIsRead({ market }: EdgeFixture): Promise<void> {
  const before = market.preparedAnswers.length
  await eventually('the list is asked for', () => market.preparedAnswers.length > before + 1)
}

test('the file appears before any print, can be printed, and stays when its rights are used up', () =>
  withEdge({ autoStart: false }, async fixture => {
    const gcode = makeGcode(100)
    const { purchase_id } = await fixture.market.prepare(gcode)
    await appears(fixture)
    const filename = 'LMNT/Gear.gcode'
    const metadata = (await fixture.client.call('server.files.metadata', { filename })) as Record<string, unknown>
    assert.equal([metadata.estimated_time, metadata.layer_count], [4325, 5])
    assert.equal(fixture.market.jobs, [])

    fixture.market.rightsLeft = 1
    await fixture.client.call('printer.print.start', { filename })
    const job = await eventually('a job', () => fixture.market.jobs[0])
    assert.is((await reported(fixture, job)).status, 'success')
    assert.is(job.claim.purchase_id, purchase_id)
    assert.is((await fixture.client.lastRun())?.sha256, gcode.sha256)

    await fixture.client.call('printer.print.start', { filename })
    await eventually('the refusal', async () => (await fixture.client.printStats()).state === 'error')
    fixture.market.prepared = []
    await listIsRead(fixture)
    assert.ok(existsSync(pathOf(fixture)))
  }))

test('two purchases with one title have two files, and the first has the plain name', () =>
  withEdge({ autoStart: false, isRegistered: false }, async fixture => {
    const first = await fixture.market.prepare(makeGcode(50))
    const second = await fixture.market.prepare(makeGcode(60))
    const { token } = await fixture.client.agent('login_user', { email: user.email, password: user.password })
    await fixture.client.agent('register_printer', { name: 'Voron', token })
    await appears(fixture, 'LMNT/Gear (2).gcode')
    assert.match(readFileSync(pathOf(fixture), 'utf8'), first.purchase_id)
    assert.match(readFileSync(pathOf(fixture, 'LMNT/Gear (2).gcode'), 'utf8'), second.purchase_id)
  }))

test('the list is sent again only when it has changed', () =>
  withEdge({ autoStart: false }, async fixture => {
    const changes = () => fixture.market.preparedAnswers.filter(status => status === 200).length
    await listIsRead(fixture)
    assert.is(changes(), 1)
    await fixture.market.prepare(makeGcode(50))
    await appears(fixture)
    await listIsRead(fixture)
    assert.is(changes(), 2)
  }))

test('a deleted file comes back when the purchase is prepared again, and not before', () =>
  withEdge({ autoStart: false }, async fixture => {
    const { purchase_id: purchaseId } = await fixture.market.prepare(makeGcode(50))
    await appears(fixture)
    await listIsRead(fixture)
    rmSync(pathOf(fixture))
    await fixture.restartEdge()
    await listIsRead(fixture)
    await fixture.market.prepare(makeGcode(60), { title: 'Another' })
    await appears(fixture, 'LMNT/Another.gcode')
    await listIsRead(fixture)
    assert.not.ok(existsSync(pathOf(fixture)))
    await fixture.market.prepare(makeGcode(70), { purchaseId })
    await appears(fixture)
  }))

test('a job brings a deleted file back, too', () =>
  withEdge({ autoStart: false }, async fixture => {
    const { purchase_id: purchaseId } = await fixture.market.prepare(makeGcode(50))
    await appears(fixture)
    await listIsRead(fixture)
    rmSync(pathOf(fixture))
    await fixture.market.add(makeGcode(50), { purchaseId })
    await appears(fixture)
  }))

test("somebody's own file is never changed: the purchase gets another name, and keeps it", () =>
  withEdge({ autoStart: false }, async fixture => {
    const { purchase_id: purchaseId } = await fixture.market.prepare(makeGcode(50), { title: 'Cup' })
    await appears(fixture, 'LMNT/Cup.gcode')
    const own = { 'LMNT/Gear.gcode': 'G28\n', 'LMNT/Cup.gcode': 'M84\n' }
    for (const [name, text] of Object.entries(own)) writeFileSync(pathOf(fixture, name), text)
    await fixture.market.prepare(makeGcode(50))
    await appears(fixture, 'LMNT/Gear (2).gcode')
    await fixture.market.prepare(makeGcode(60), { title: 'Cup', purchaseId })
    await appears(fixture, 'LMNT/Cup (2).gcode')
    for (const [name, text] of Object.entries(own)) assert.is(readFileSync(pathOf(fixture, name), 'utf8'), text)
    rmSync(pathOf(fixture, 'LMNT/Cup.gcode'))
    await fixture.market.prepare(makeGcode(70), { title: 'Cup', purchaseId })
    await listIsRead(fixture)
    assert.not.ok(existsSync(pathOf(fixture, 'LMNT/Cup.gcode')))
  }))

test('new figures are written after the print, and the file keeps its time', () =>
  withEdge({ printer: { linesPerSecond: 20_000 } }, async fixture => {
    const { purchase_id: purchaseId } = await fixture.market.prepare(makeGcode(50))
    await appears(fixture)
    utimesSync(pathOf(fixture), 1_700_000_000, 1_700_000_000)
    const job = await fixture.market.add(makeGcode(200_000), { purchaseId })
    await eventually('the print runs', () => job.wasPrinting)
    await fixture.client.call('printer.print.pause')
    await eventually('the print is paused', async () => (await fixture.client.printStats()).state === 'paused')
    const layers = () => /total layers count = (\d+)/.exec(readFileSync(pathOf(fixture), 'utf8'))?.[1]
    await fixture.market.prepare(makeGcode(100, 10), { purchaseId })
    await listIsRead(fixture)
    assert.is(layers(), '5')
    await fixture.client.call('printer.print.cancel')
    await eventually('the new figures', () => layers() === '10')
    assert.is(statSync(pathOf(fixture)).mtimeMs, 1_700_000_000_000)
  }))

test('a fault of the file list delays no poll, and the files come when it is gone', () =>
  withEdge({ autoStart: false }, async fixture => {
    writeFileSync(pathOf(fixture, 'LMNT'), 'somebody has put a file here')
    await fixture.market.prepare(makeGcode(50))
    await listIsRead(fixture)
    const job = await fixture.market.add(makeGcode(50), { title: 'Cup' })
    await eventually('the job is claimed', () => job.status === 'claimed')
    rmSync(pathOf(fixture, 'LMNT'))
    await appears(fixture)
    await appears(fixture, 'LMNT/Cup.gcode')
  }))

test('the files come after the marketplace was unreachable', () =>
  withEdge({ autoStart: false }, async fixture => {
    fixture.market.isDown = true
    await fixture.market.prepare(makeGcode(50))
    await fixture.restartEdge()
    fixture.market.isDown = false
    await appears(fixture)
  }))

test("with a damaged stubs.json each file keeps its name and its time, and nobody's own file is changed", () =>
  withEdge({ autoStart: false }, async fixture => {
    const gcode = makeGcode(60)
    const first = await fixture.market.prepare(makeGcode(50))
    await appears(fixture)
    const second = await fixture.market.prepare(gcode)
    const names = ['LMNT/Gear.gcode', 'LMNT/Gear (2).gcode'] as const
    await appears(fixture, names[1])
    for (const name of names) utimesSync(pathOf(fixture, name), 1_700_000_000, 1_700_000_000)
    const own = { 'LMNT/Copy of Gear.gcode': readFileSync(pathOf(fixture), 'utf8'), 'LMNT/Gear (3).gcode': 'G28\n' }
    for (const [name, text] of Object.entries(own)) writeFileSync(pathOf(fixture, name), text)
    await fixture.stopEdge()
    const index = join(fixture.config.dataDir, 'stubs.json')
    writeFileSync(index, '{"purch_')
    await fixture.startEdge()
    await eventually('the stubs are known again', () => existsSync(index))
    const third = await fixture.market.prepare(makeGcode(70))
    await appears(fixture, 'LMNT/Gear (4).gcode')

    assert.is(readFileSync(`${index}.damaged`, 'utf8'), '{"purch_')
    assert.equal(
      readdirSync(pathOf(fixture, 'LMNT')).sort(),
      [...names, ...Object.keys(own), 'LMNT/Gear (4).gcode'].map(name => name.slice(5)).sort(),
    )
    const prints = (name: string) => /JOB=(\S+)/.exec(readFileSync(pathOf(fixture, name), 'utf8'))?.[1]
    assert.equal(
      [...names, 'LMNT/Gear (4).gcode'].map(prints),
      [first, second, third].map(one => one.purchase_id),
    )
    for (const name of names) assert.is(statSync(pathOf(fixture, name)).mtimeMs, 1_700_000_000_000)
    for (const [name, text] of Object.entries(own)) assert.is(readFileSync(pathOf(fixture, name), 'utf8'), text)
    fixture.market.rightsLeft = 1
    await fixture.client.call('printer.print.start', { filename: names[1] })
    const job = await eventually('a job', () => fixture.market.jobs[0])
    assert.is((await reported(fixture, job)).status, 'success')
    assert.is((await fixture.client.lastRun())?.sha256, gcode.sha256)
  }))

test('the files are removed when the printer is unregistered', () =>
  withEdge({ autoStart: false }, async fixture => {
    await fixture.market.prepare(makeGcode(50))
    await appears(fixture)
    const { token } = await fixture.client.agent('login_user', { email: user.email, password: user.password })
    await fixture.client.agent('unregister_printer', { token })
    assert.not.ok(existsSync(pathOf(fixture)))
    fixture.market.prepared = []
    await fixture.client.agent('register_printer', { name: 'Voron', token })
    await listIsRead(fixture)
    assert.not.ok(existsSync(pathOf(fixture)))
  }))

test.run()
