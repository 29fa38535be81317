import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { user } from '../../make/edge/fake-marketplace.ts'
import { makeGcode } from '../../make/edge/gcode.ts'
import { makeWorkshop, reported, type Workshop, type WorkshopOptions } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite('a prepared purchase in the file list')

async function inWorkshop(options: WorkshopOptions, work: (shop: Workshop) => Promise<void>): Promise<void> {
  // Also while a job is in hand the list is looked at often.
  const shop = await makeWorkshop({ ...options, timing: { preparedMs: 50, ...options.timing } })
  try {
    await work(shop)
  } finally {
    await shop.close()
  }
}

const pathOf = (shop: Workshop, name = 'LMNT/Gear.gcode') => join(shop.printer.gcodesDir, name)
const appears = (shop: Workshop, name?: string) => eventually(`${name}`, () => existsSync(pathOf(shop, name)))

/** The edge asks again only after it has done what the answer before asked of it. */
async function listIsRead({ market }: Workshop): Promise<void> {
  const before = market.preparedAnswers.length
  await eventually('the list is asked for', () => market.preparedAnswers.length > before + 1)
}

test('it appears without a print, prints from there, and stays when its rights are used up', () =>
  inWorkshop({ autoStart: false }, async shop => {
    const gcode = makeGcode(100)
    const { purchase_id } = await shop.market.prepare(gcode)
    await appears(shop)
    const filename = 'LMNT/Gear.gcode'
    const metadata = (await shop.client.call('server.files.metadata', { filename })) as Record<string, unknown>
    assert.equal([metadata.estimated_time, metadata.layer_count], [4325, 5])
    assert.equal(shop.market.jobs, [])

    shop.market.rightsLeft = 1
    await shop.client.call('printer.print.start', { filename })
    const job = await eventually('a job', () => shop.market.jobs[0])
    assert.is((await reported(shop, job)).status, 'success')
    assert.is(job.claim.purchase_id, purchase_id)
    assert.is((await shop.client.lastRun())?.sha256, gcode.sha256)

    await shop.client.call('printer.print.start', { filename })
    await eventually('the refusal', async () => (await shop.client.printStats()).state === 'error')
    shop.market.prepared = []
    await listIsRead(shop)
    assert.ok(existsSync(pathOf(shop)))
  }))

test('two with one title have two files, and the one that was there first has the plain name', () =>
  inWorkshop({ autoStart: false, isRegistered: false }, async shop => {
    const first = await shop.market.prepare(makeGcode(50))
    const second = await shop.market.prepare(makeGcode(60))
    const { token } = await shop.client.agent('login_user', { email: user.email, password: user.password })
    await shop.client.agent('register_printer', { name: 'Voron', token })
    await appears(shop, 'LMNT/Gear (2).gcode')
    assert.match(readFileSync(pathOf(shop), 'utf8'), first.purchase_id)
    assert.match(readFileSync(pathOf(shop, 'LMNT/Gear (2).gcode'), 'utf8'), second.purchase_id)
  }))

test('the list is sent again only when it has changed', () =>
  inWorkshop({ autoStart: false }, async shop => {
    const changes = () => shop.market.preparedAnswers.filter(status => status === 200).length
    await listIsRead(shop)
    assert.is(changes(), 1)
    await shop.market.prepare(makeGcode(50))
    await appears(shop)
    await listIsRead(shop)
    assert.is(changes(), 2)
  }))

test('a file that was deleted comes back when it is prepared anew, and not before', () =>
  inWorkshop({ autoStart: false }, async shop => {
    const { purchase_id: purchaseId } = await shop.market.prepare(makeGcode(50))
    await appears(shop)
    await listIsRead(shop)
    rmSync(pathOf(shop))
    await shop.restartEdge()
    await listIsRead(shop)
    await shop.market.prepare(makeGcode(60), { title: 'Another' })
    await appears(shop, 'LMNT/Another.gcode')
    await listIsRead(shop)
    assert.not.ok(existsSync(pathOf(shop)))
    await shop.market.prepare(makeGcode(70), { purchaseId })
    await appears(shop)
  }))

test('a job brings a deleted file back, too', () =>
  inWorkshop({ autoStart: false }, async shop => {
    const { purchase_id: purchaseId } = await shop.market.prepare(makeGcode(50))
    await appears(shop)
    await listIsRead(shop)
    rmSync(pathOf(shop))
    await shop.market.add(makeGcode(50), { purchaseId })
    await appears(shop)
  }))

test("somebody's own file is never touched: the purchase takes another name, and keeps it", () =>
  inWorkshop({ autoStart: false }, async shop => {
    const { purchase_id: purchaseId } = await shop.market.prepare(makeGcode(50), { title: 'Cup' })
    await appears(shop, 'LMNT/Cup.gcode')
    const own = { 'LMNT/Gear.gcode': 'G28\n', 'LMNT/Cup.gcode': 'M84\n' }
    for (const [name, text] of Object.entries(own)) writeFileSync(pathOf(shop, name), text)
    await shop.market.prepare(makeGcode(50))
    await appears(shop, 'LMNT/Gear (2).gcode')
    await shop.market.prepare(makeGcode(60), { title: 'Cup', purchaseId })
    await appears(shop, 'LMNT/Cup (2).gcode')
    for (const [name, text] of Object.entries(own)) assert.is(readFileSync(pathOf(shop, name), 'utf8'), text)
    rmSync(pathOf(shop, 'LMNT/Cup.gcode'))
    await shop.market.prepare(makeGcode(70), { title: 'Cup', purchaseId })
    await listIsRead(shop)
    assert.not.ok(existsSync(pathOf(shop, 'LMNT/Cup.gcode')))
  }))

test('new figures wait for the end of its print, and the file keeps its time', () =>
  inWorkshop({ printer: { linesPerSecond: 20_000 } }, async shop => {
    const { purchase_id: purchaseId } = await shop.market.prepare(makeGcode(50))
    await appears(shop)
    utimesSync(pathOf(shop), 1_700_000_000, 1_700_000_000)
    const job = await shop.market.add(makeGcode(200_000), { purchaseId })
    await eventually('it prints', () => job.wasPrinting)
    await shop.client.call('printer.print.pause')
    await eventually('it is paused', async () => (await shop.client.printStats()).state === 'paused')
    const layers = () => /total layers count = (\d+)/.exec(readFileSync(pathOf(shop), 'utf8'))?.[1]
    await shop.market.prepare(makeGcode(100, 10), { purchaseId })
    await listIsRead(shop)
    assert.is(layers(), '5')
    await shop.client.call('printer.print.cancel')
    await eventually('the new figures', () => layers() === '10')
    assert.is(statSync(pathOf(shop)).mtimeMs, 1_700_000_000_000)
  }))

test('what stands in the way of the files holds up no poll, and they come when it is gone', () =>
  inWorkshop({ autoStart: false }, async shop => {
    writeFileSync(pathOf(shop, 'LMNT'), 'somebody has put a file here')
    await shop.market.prepare(makeGcode(50))
    await listIsRead(shop)
    const job = await shop.market.add(makeGcode(50), { title: 'Cup' })
    await eventually('the job is claimed', () => job.status === 'claimed')
    rmSync(pathOf(shop, 'LMNT'))
    await appears(shop)
    await appears(shop, 'LMNT/Cup.gcode')
  }))

test('a marketplace that was away does not keep them away', () =>
  inWorkshop({ autoStart: false }, async shop => {
    shop.market.isDown = true
    await shop.market.prepare(makeGcode(50))
    await shop.restartEdge()
    shop.market.isDown = false
    await appears(shop)
  }))

test("when the list of their names is damaged each keeps its name and its time, and nobody's own file is touched", () =>
  inWorkshop({ autoStart: false }, async shop => {
    const gcode = makeGcode(60)
    const first = await shop.market.prepare(makeGcode(50))
    await appears(shop)
    const second = await shop.market.prepare(gcode)
    const names = ['LMNT/Gear.gcode', 'LMNT/Gear (2).gcode'] as const
    await appears(shop, names[1])
    for (const name of names) utimesSync(pathOf(shop, name), 1_700_000_000, 1_700_000_000)
    const own = { 'LMNT/Copy of Gear.gcode': readFileSync(pathOf(shop), 'utf8'), 'LMNT/Gear (3).gcode': 'G28\n' }
    for (const [name, text] of Object.entries(own)) writeFileSync(pathOf(shop, name), text)
    await shop.stopEdge()
    const index = join(shop.config.dataDir, 'stubs.json')
    writeFileSync(index, '{"purch_')
    await shop.startEdge()
    await eventually('they are known again', () => existsSync(index))
    const third = await shop.market.prepare(makeGcode(70))
    await appears(shop, 'LMNT/Gear (4).gcode')

    assert.is(readFileSync(`${index}.damaged`, 'utf8'), '{"purch_')
    assert.equal(
      readdirSync(pathOf(shop, 'LMNT')).sort(),
      [...names, ...Object.keys(own), 'LMNT/Gear (4).gcode'].map(name => name.slice(5)).sort(),
    )
    const prints = (name: string) => /JOB=(\S+)/.exec(readFileSync(pathOf(shop, name), 'utf8'))?.[1]
    assert.equal(
      [...names, 'LMNT/Gear (4).gcode'].map(prints),
      [first, second, third].map(one => one.purchase_id),
    )
    for (const name of names) assert.is(statSync(pathOf(shop, name)).mtimeMs, 1_700_000_000_000)
    for (const [name, text] of Object.entries(own)) assert.is(readFileSync(pathOf(shop, name), 'utf8'), text)
    shop.market.rightsLeft = 1
    await shop.client.call('printer.print.start', { filename: names[1] })
    const job = await eventually('a job', () => shop.market.jobs[0])
    assert.is((await reported(shop, job)).status, 'success')
    assert.is((await shop.client.lastRun())?.sha256, gcode.sha256)
  }))

test('they go when the printer is unregistered', () =>
  inWorkshop({ autoStart: false }, async shop => {
    await shop.market.prepare(makeGcode(50))
    await appears(shop)
    const { token } = await shop.client.agent('login_user', { email: user.email, password: user.password })
    await shop.client.agent('unregister_printer', { token })
    assert.not.ok(existsSync(pathOf(shop)))
    shop.market.prepared = []
    await shop.client.agent('register_printer', { name: 'Voron', token })
    await listIsRead(shop)
    assert.not.ok(existsSync(pathOf(shop)))
  }))

test.run()
