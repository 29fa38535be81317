import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ask, stub, token } from '../../make/edge/ask.ts'
import { stranger, user } from '../../make/edge/fake-marketplace.ts'
import { makeGcode } from '../../make/edge/gcode.ts'
import { inWorkshop, register, reported } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite('a printer that is unregistered by its owner')

test('the owner unregisters the printer: nothing of it is left, and files that are not ours stay', () =>
  inWorkshop({}, async shop => {
    await shop.market.add(makeGcode(100))
    await reported(shop)
    await eventually('no print is in hand', async () => (await ask(shop, 'status')).job === null)
    const own = stub(shop, 'Own work')
    writeFileSync(own, 'G28\n')

    const { refused } = await ask(shop, 'unregister_printer', { token: await token(shop, stranger) })
    assert.is(refused, 'forbidden')
    assert.ok(existsSync(stub(shop)))
    assert.is((await ask(shop, 'unregister_printer', { token: await token(shop) })).status, 'unregistered')
    assert.not.ok(existsSync(join(shop.config.dataDir, 'printer.json')))
    assert.equal(shop.market.accounts.printers[0]?.tokens, [])
    assert.is((await ask(shop, 'status')).registered, false)
    assert.not.ok(existsSync(stub(shop)))
    assert.ok(existsSync(own))
    assert.is((await ask(shop, 'unregister_printer', { token: user.token })).refused, 'not_registered')

    await shop.restartEdge()
    assert.is((await ask(shop, 'status')).registered, false)
    assert.is((await register(shop)).status, 'registered')
    const job = await shop.market.add(makeGcode(100))
    assert.is((await reported(shop, job)).status, 'success')
  }))

test('a file of somebody else in the place of a stub stays', () =>
  inWorkshop({}, async shop => {
    await shop.market.add(makeGcode(100))
    await reported(shop)
    await eventually('no print is in hand', async () => (await ask(shop, 'status')).job === null)
    writeFileSync(stub(shop), 'G28\n')
    assert.is((await ask(shop, 'unregister_printer', { token: await token(shop) })).status, 'unregistered')
    assert.is(readFileSync(stub(shop), 'utf8'), 'G28\n')
  }))

test('it is unregistered also where the marketplace has forgotten it, but not where it cannot be asked', () =>
  inWorkshop({}, async shop => {
    const own = await token(shop)
    shop.market.isDown = true
    assert.equal(await ask(shop, 'unregister_printer', { token: own }), { refused: 'marketplace_unavailable' })
    assert.is((await ask(shop, 'status')).registered, true)
    shop.market.isDown = false
    shop.market.accounts.printers[0]!.tokens = []
    assert.is((await ask(shop, 'unregister_printer', { token: own })).status, 'unregistered')
  }))

test('while a job is in hand it is unregistered by force only, and while it prints not at all', () =>
  inWorkshop({ autoStart: false, printer: { linesPerSecond: 5000 } }, async shop => {
    const own = await token(shop)
    await shop.market.add(makeGcode(20_000))
    await eventually('the job is ready', async () => {
      const { job } = (await ask(shop, 'status')) as { job: { state: string } | null }
      return job?.state === 'ready'
    })
    await ask(shop, 'start_job')
    await eventually('lines run', async () => ((await shop.client.lastRun())?.lines ?? 0) > 500)
    assert.equal(await ask(shop, 'unregister_printer', { token: own, force: true }), { refused: 'printer_busy' })
    await ask(shop, 'cancel_job')
    await reported(shop)
    await eventually('no print is in hand', async () => (await ask(shop, 'status')).job === null)

    const waiting = await shop.market.add(makeGcode(100), { title: 'Another' })
    await eventually('another is in hand', async () => (await ask(shop, 'status')).job)
    assert.equal(await ask(shop, 'unregister_printer', { token: own }), { refused: 'printer_busy' })
    assert.is((await ask(shop, 'unregister_printer', { token: own, force: true })).status, 'unregistered')
    assert.is(waiting.status, 'failure')
    assert.is((await ask(shop, 'status')).job, null)
    assert.not.ok(existsSync(stub(shop, 'Another')))
  }))

test.run()
