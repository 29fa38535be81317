import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ask, stub, token } from '../../make/edge/ask.ts'
import { stranger, user } from '../../make/edge/fake-marketplace.ts'
import { makeGcode } from '../../make/edge/gcode.ts'
import { register, reported, withEdge } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite('a printer that is unregistered by its owner')

test('the owner unregisters the printer: its data is removed, and other files stay', () =>
  withEdge({}, async fixture => {
    await fixture.market.add(makeGcode(100))
    await reported(fixture)
    await eventually('there is no current job', async () => (await ask(fixture, 'status')).job === null)
    const own = stub(fixture, 'Own work')
    writeFileSync(own, 'G28\n')

    const { refused } = await ask(fixture, 'unregister_printer', { token: await token(fixture, stranger) })
    assert.is(refused, 'forbidden')
    assert.ok(existsSync(stub(fixture)))
    assert.is((await ask(fixture, 'unregister_printer', { token: await token(fixture) })).status, 'unregistered')
    assert.not.ok(existsSync(join(fixture.config.dataDir, 'printer.json')))
    assert.equal(fixture.market.accounts.printers[0]?.tokens, [])
    assert.is((await ask(fixture, 'status')).registered, false)
    assert.not.ok(existsSync(stub(fixture)))
    assert.ok(existsSync(own))
    assert.is((await ask(fixture, 'unregister_printer', { token: user.token })).refused, 'not_registered')

    await fixture.restartEdge()
    assert.is((await ask(fixture, 'status')).registered, false)
    assert.is((await register(fixture)).status, 'registered')
    const job = await fixture.market.add(makeGcode(100))
    assert.is((await reported(fixture, job)).status, 'success')
  }))

test("somebody's own file with the name of a stub stays", () =>
  withEdge({}, async fixture => {
    await fixture.market.add(makeGcode(100))
    await reported(fixture)
    await eventually('there is no current job', async () => (await ask(fixture, 'status')).job === null)
    writeFileSync(stub(fixture), 'G28\n')
    assert.is((await ask(fixture, 'unregister_printer', { token: await token(fixture) })).status, 'unregistered')
    assert.is(readFileSync(stub(fixture), 'utf8'), 'G28\n')
  }))

test('a printer that the marketplace does not know is unregistered; without the marketplace it stays registered', () =>
  withEdge({}, async fixture => {
    const own = await token(fixture)
    fixture.market.isDown = true
    assert.equal(await ask(fixture, 'unregister_printer', { token: own }), { refused: 'marketplace_unavailable' })
    assert.is((await ask(fixture, 'status')).registered, true)
    fixture.market.isDown = false
    fixture.market.accounts.printers[0]!.tokens = []
    assert.is((await ask(fixture, 'unregister_printer', { token: own })).status, 'unregistered')
  }))

test('with a current job the printer is unregistered by force only, and during a print not at all', () =>
  withEdge({ autoStart: false, printer: { linesPerSecond: 5000 } }, async fixture => {
    const own = await token(fixture)
    await fixture.market.add(makeGcode(20_000))
    await eventually('the job is ready', async () => {
      const { job } = (await ask(fixture, 'status')) as { job: { state: string } | null }
      return job?.state === 'ready'
    })
    await ask(fixture, 'start_job')
    await eventually('lines run', async () => ((await fixture.client.lastRun())?.lines ?? 0) > 500)
    assert.equal(await ask(fixture, 'unregister_printer', { token: own, force: true }), { refused: 'printer_busy' })
    await ask(fixture, 'cancel_job')
    await reported(fixture)
    await eventually('there is no current job', async () => (await ask(fixture, 'status')).job === null)

    const waiting = await fixture.market.add(makeGcode(100), { title: 'Another' })
    await eventually('there is another current job', async () => (await ask(fixture, 'status')).job)
    assert.equal(await ask(fixture, 'unregister_printer', { token: own }), { refused: 'printer_busy' })
    assert.is((await ask(fixture, 'unregister_printer', { token: own, force: true })).status, 'unregistered')
    assert.is(waiting.status, 'failure')
    assert.is((await ask(fixture, 'status')).job, null)
    assert.not.ok(existsSync(stub(fixture, 'Another')))
  }))

test.run()
