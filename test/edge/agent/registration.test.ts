import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { newId } from '../../../schema/http/ids.ts'
import { ask, identity, stub, token } from '../../make/edge/ask.ts'
import { makeGcode } from '../../make/edge/gcode.ts'
import { type EdgeFixture, register, reported, withEdge } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite("the printer's registration")

test('a new registration ends the earlier one and removes its stubs', () =>
  withEdge({}, async fixture => {
    await fixture.market.add(makeGcode(100))
    await reported(fixture)
    assert.ok(existsSync(stub(fixture)))
    const [first] = fixture.market.accounts.printers
    await eventually('there is no current job', async () => (await ask(fixture, 'status')).job === null)

    // As Moonraker takes them out of a stub.
    const pictures = join(fixture.printer.gcodesDir, 'LMNT', '.thumbs')
    mkdirSync(pictures)
    for (const side of ['32x32', '300x300']) writeFileSync(join(pictures, `Gear-${side}.png`), '')

    const again = await ask(fixture, 'register_printer', { name: 'Voron 2', token: await token(fixture) })
    assert.is(again.status, 'registered')
    assert.equal(again.replaced, { printer_id: first?.printer_id, status: 'unregistered', problem: null })
    assert.equal(first?.tokens, [])
    assert.is.not(again.printer_id, first?.printer_id)
    assert.not.ok(existsSync(stub(fixture)))
    assert.not.ok(existsSync(join(fixture.printer.gcodesDir, 'LMNT')))
    assert.is((await ask(fixture, 'status')).printer_id, again.printer_id)

    const job = await fixture.market.add(makeGcode(100))
    assert.is((await reported(fixture, job)).status, 'success')
  }))

test('a printer without a registration does not keep the settings of an earlier owner', () =>
  withEdge({ autoStart: false, asksBeforeUsingRights: true, isRegistered: false }, async fixture => {
    await fixture.stopEdge()
    // As it is when printer.json was lost, or was moved away.
    const settings = { auto_start: true, ask_before_using_rights: false }
    writeFileSync(join(fixture.config.dataDir, 'settings.json'), JSON.stringify(settings))
    await fixture.startEdge()
    assert.is((await ask(fixture, 'status')).auto_start, true)
    await register(fixture)
    assert.is((await ask(fixture, 'status')).auto_start, false)
    const changed = await ask(fixture, 'config')
    assert.equal([changed.auto_start, changed.ask_before_using_rights], [false, true])
  }))

/** Registers it again at a marketplace that is away right after that. */
async function lostOnTheWay(fixture: EdgeFixture): Promise<void> {
  const own = await token(fixture)
  const { printer_id } = identity(fixture)
  fixture.market.accounts.onRegistered = () => {
    fixture.market.isDown = true
  }
  const { replaced } = await ask(fixture, 'register_printer', { name: 'Voron 2', token: own })
  const { status, problem } = replaced as { status: string; problem: string }
  assert.is(status, 'still_registered')
  assert.match(problem, '503')
  assert.is.not(identity(fixture).printer_id, printer_id)
  assert.is(waiting(fixture)[0].printer_id, printer_id)
}

const tokensOfFirst = ({ market }: EdgeFixture) => market.accounts.printers[0]?.tokens
const waiting = ({ config }: EdgeFixture) =>
  JSON.parse(readFileSync(join(config.dataDir, 'earlier-printers.json'), 'utf8'))

test('an earlier registration is ended as soon as the marketplace is back', () =>
  withEdge({}, async fixture => {
    await lostOnTheWay(fixture)
    fixture.market.isDown = false
    await eventually(
      'the earlier registration is ended',
      () => tokensOfFirst(fixture)?.length === 0 && waiting(fixture).length === 0,
    )
    assert.is((await ask(fixture, 'renew_token')).status, 'renewed', 'the new one stays')
  }))

test('an earlier registration is ended also after a restart of the edge', () =>
  withEdge({}, async fixture => {
    await lostOnTheWay(fixture)
    await fixture.stopEdge()
    fixture.market.isDown = false
    await fixture.startEdge()
    await eventually(
      'the earlier registration is ended',
      () => tokensOfFirst(fixture)?.length === 0 && waiting(fixture).length === 0,
    )
  }))

test('an earlier registration that is gone, or has an invalid token, is not tried for ever, and the present one is kept', () =>
  withEdge({}, async fixture => {
    await fixture.stopEdge()
    const { marketplace_url, printer_id, printer_token } = identity(fixture)
    // Killed when it was noted, but the next was not saved.
    const own = { marketplace_url, printer_id, printer_token }
    const gone = { marketplace_url, printer_id: newId('printer', randomBytes), printer_token: 'printer.of.old' }
    const dead = { ...gone, printer_id: newId('printer', randomBytes), printer_token: 'expired' }
    writeFileSync(join(fixture.config.dataDir, 'earlier-printers.json'), JSON.stringify([own, gone, dead]))
    await fixture.startEdge()
    await eventually('the edge has tried both', () => waiting(fixture).length === 1)
    assert.equal(waiting(fixture), [own])
    assert.is((await ask(fixture, 'renew_token')).status, 'renewed')
  }))

test('a refused registration changes nothing, and an earlier one that the marketplace does not know is dropped', () =>
  withEdge({}, async fixture => {
    const before = identity(fixture)
    assert.equal(await ask(fixture, 'register_printer', { name: 'Voron', token: 'a.b.c' }), {
      refused: 'unauthenticated',
    })
    assert.equal(identity(fixture), before)
    fixture.market.accounts.printers[0]!.tokens = []
    const again = await ask(fixture, 'register_printer', { name: 'Voron', token: await token(fixture) })
    assert.equal(again.replaced, { printer_id: before.printer_id, status: 'unregistered', problem: null })
  }))

test('an undelivered report of a removed printer does not prevent a new registration', () =>
  withEdge({ autoStart: false }, async fixture => {
    await fixture.market.add(makeGcode(100))
    await eventually('the job is there', async () => (await ask(fixture, 'status')).job)
    // Removed at the marketplace, with all that it has in hand.
    fixture.market.accounts.printers[0]!.tokens = []
    await ask(fixture, 'cancel_job')
    await eventually('there is no current job', async () => (await ask(fixture, 'status')).job === null)
    const own = await token(fixture)
    const again = await eventually('the printer is registered again', async () => {
      const answer = await ask(fixture, 'register_printer', { name: 'Voron', token: own })
      return answer.refused ? null : answer
    })
    assert.is(again.status, 'registered')
  }))

test('two registrations at the same moment run one after the other, and one remains', () =>
  withEdge({ isRegistered: false }, async fixture => {
    const own = await token(fixture)
    const register = (name: string) => ask(fixture, 'register_printer', { name, token: own })
    await Promise.all([register('One'), register('Two')])
    const left = fixture.market.accounts.printers.filter(printer => printer.tokens.length > 0)
    assert.is(left.length, 1)
    assert.is(left[0]?.printer_id, identity(fixture).printer_id)
  }))

test('the token is renewed after half of its life, and on request; the answer contains no secret', () =>
  withEdge({}, async fixture => {
    const [printer] = fixture.market.accounts.printers
    const answer = await ask(fixture, 'renew_token')
    assert.equal(Object.keys(answer).sort(), ['expires_at', 'printer_id', 'status'])
    assert.is(answer.status, 'renewed')
    assert.is(printer?.tokens.length, 2)
    assert.is(identity(fixture).printer_token, printer?.tokens[1])

    await fixture.stopEdge()
    const days = 24 * 3600_000
    const path = join(fixture.config.dataDir, 'printer.json')
    const age = (ms: number) =>
      writeFileSync(path, JSON.stringify({ ...identity(fixture), token_issued_at: Date.now() - ms }), { mode: 0o600 })
    age(16 * days)
    await fixture.startEdge()
    await eventually('the token is renewed', () => identity(fixture).printer_token === printer?.tokens[2])

    await fixture.stopEdge()
    age(-16 * days)
    await fixture.startEdge()
    await eventually('a token from before a clock change is renewed', () => printer?.tokens.length === 4)

    fixture.market.isDown = true
    assert.equal(await ask(fixture, 'renew_token'), { refused: 'marketplace_unavailable' })
    fixture.market.isDown = false
    printer!.tokens = []
    assert.equal(await ask(fixture, 'renew_token'), { refused: 'printer_revoked' })
  }))

test.run()
