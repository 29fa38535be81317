import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { cloud } from '../../../local/stack/cloud.ts'
import { newId } from '../../../schema/http/ids.ts'
import { longestTurnMs, measuresTurns } from '../../make/longest-turn.ts'
import { type Instances, startInstances } from '../../make/marketplace-process.ts'
import { makePrepared } from '../../make/prepared.ts'

/** A real process with a small heap is sent what costs most. */
const test = suite<Instances>('expensive requests')
const maxTurnMs = 100
const maxAnswerBytes = 64 * 1024

test.before(async world => {
  Object.assign(world, await startInstances(1, { NODE_OPTIONS: `--max-old-space-size=128 ${measuresTurns}` }))
})
test.after(world => world.close())

/** Each fills a body of about so many bytes. */
const shapes: Record<string, (bytes: number) => string> = {
  'open brackets': bytes => '['.repeat(bytes),
  'closed brackets': bytes => `${'['.repeat(bytes / 2)}${']'.repeat(bytes / 2)}`,
  'nested objects': bytes => `${'{"a":'.repeat(bytes / 6)}1${'}'.repeat(bytes / 6)}`,
  'settings of empty objects': bytes => {
    const setting = (_: unknown, index: number) => `"k${index}":[${'{},'.repeat(399)}{}]`
    return `{"machine_settings":{${Array.from({ length: bytes / 1208 }, setting).join()}}}`
  },
  'endless numbers': bytes => {
    const setting = (_: unknown, index: number) => `"K${index}":1e999`
    return `{"machine_settings":{${Array.from({ length: bytes / 12 }, setting).join()}},"process_settings":{},"filament":{}}`
  },
  'one bad name': bytes => `{"machine_settings":{"${'K'.repeat(bytes - 70)}":1},"process_settings":{},"filament":{}}`,
  'doubled names': bytes => `{${'"user_id":1,'.repeat(bytes / 13)}"user_id":1}`,
  prototypes: bytes => `{${'"__proto__":{"a":1},'.repeat(bytes / 20 - 1)}"__proto__":1}`,
  'a long number': bytes => `{"progress":${'9'.repeat(bytes - 20)}}`,
  'large numbers': bytes => `[${'1e400,'.repeat(bytes / 6 - 1)}1]`,
  'a long text everywhere': bytes => {
    const names = ['email', 'password', 'refresh_token', 'name', 'error', 'user_id', 'license_type', 'body']
    const text = 'a.'.repeat((bytes - 200) / names.length / 2)
    return `{${names.map(name => `"${name}":"${text}"`).join()}}`
  },
  escapes: bytes => `"${'\\"'.repeat(bytes / 2 - 2)}`,
  NULs: bytes =>
    `{"machine_settings":{"notes":["${'\\u0000'.repeat(bytes / 6 - 20)}"]},"process_settings":{},"filament":{}}`,
}
/** Within what most routes take, within what a profile may have, and more than that. */
const sizes = [16_000, 250_000, 604_000] as const

interface Answer {
  status: number
  bytes: number
}

async function send(url: string, path: string, body: string, token?: string): Promise<Answer> {
  const headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) }
  const response = await fetch(url + path, { method: 'POST', headers, body })
  return { status: response.status, bytes: (await response.arrayBuffer()).byteLength }
}

/** Every path that takes a POST, hidden ones included, and a token of who may call it. */
async function posts({ market, instances, serviceToken }: Instances): Promise<Map<string, string | undefined>> {
  const own = await makePrepared(market)
  const { token: user } = await market.ctx.tokens.forUser(own.userId, 'designer')
  const { token: printer } = await market.ctx.tokens.forPrinter(own.printerId, own.userId, 1)
  const response = await fetch(`${instances[0]!.url}/openapi.json`)
  const { paths } = (await response.json()) as { paths: Record<string, { post?: object }> }
  const forPrinters = /print-status|progress|key-grant|refresh-token/
  const job = newId('job', market.ctx.random)
  const documented = Object.entries(paths)
    .filter(([path, { post }]) => post && path !== '/api/publish-model')
    .map(([path]): [string, string | undefined] => [
      path.replace('{id}', job),
      path.startsWith('/api/auth/') ? undefined : forPrinters.test(path) ? printer : user,
    ])
  const slicer = await serviceToken(cloud.accounts.slicer)
  const push = await serviceToken(cloud.accounts.push)
  return new Map([
    ...documented,
    ['/internal/dead-letters', slicer],
    [`/internal/preparations/${own.preparationId}/progress`, slicer],
    [`/internal/preparations/${own.preparationId}/release`, slicer],
    ['/pubsub/slicing-results', push],
    ['/pubsub/dead-letters', push],
  ])
}

test('the cost of a body is bounded by its size, for every caller', async world => {
  const { url, child } = world.instances[0]!
  const routes = await posts(world)
  assert.ok(routes.size > 15)
  // The first of each kind pays for compiling what it runs through.
  for (const [path, token] of routes) await send(url, path, '{}', token)
  await longestTurnMs(child)
  const bodies = Object.entries(shapes).map(([shape, make]) => ({ shape, texts: sizes.map(make) }))
  for (const [path, token] of routes) {
    for (const { shape, texts } of bodies) {
      if (!path.startsWith('/api/auth/')) {
        const stranger = await send(url, path, texts.at(-1)!)
        assert.is(stranger.status, 401, path)
        assert.ok(stranger.bytes < 1000)
      }
      for (const text of texts) {
        const { status, bytes } = await send(url, path, text, token)
        const turnMs = await longestTurnMs(child)
        const what = `${path}, ${text.length} bytes of ${shape}: ${status}, ${bytes} bytes, ${turnMs.toFixed()} ms of the loop`
        // A pushed message that cannot be read is kept, and taken; renewing a token reads no body.
        const isTaken = path.startsWith('/pubsub/') || path === '/api/printers/refresh-token'
        assert.ok(isTaken || (status >= 400 && status < 500), what)
        assert.ok(bytes <= maxAnswerBytes, what)
        assert.ok(turnMs <= maxTurnMs, what)
      }
    }
  }
  assert.is(child.exitCode, null)
})

test('bad input tells 20 faults at most', async ({ market, instances }) => {
  const { userId } = await market.newUser()
  const { token } = await market.ctx.tokens.forUser(userId, 'enthusiast')
  const response = await fetch(`${instances[0]!.url}/api/print-profiles`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: shapes['endless numbers']!(6000),
  })
  const { errors } = (await response.json()) as { errors: unknown[] }
  assert.is(errors.length, 20)
})

test('forty stored profiles of two megabytes are read by four at once, a page at a time', async ({
  market,
  instances,
}) => {
  const { url, child } = instances[0]!
  const { userId } = await market.newUser()
  const { token } = await market.ctx.tokens.forUser(userId, 'enthusiast')
  await market.sql`
    INSERT INTO print_profiles (print_profile_id, user_id, name, machine_settings, process_settings, filament, created_at)
    SELECT 'profile_' || lpad(n::text, 26, '0'), ${userId}, 'Large',
      (SELECT jsonb_object_agg('k' || k, repeat('x', 20000)) FROM generate_series(1, 100) k), '{}', '{}', now()
    FROM generate_series(1, 40) n`
  const read = async () => {
    const response = await fetch(`${url}/api/print-profiles`, { headers: { authorization: `Bearer ${token}` } })
    return (await response.json()) as { print_profiles: unknown[]; next_cursor: string | null }
  }
  const turns: number[] = []
  for (let round = 0; round < 3; round++) {
    await longestTurnMs(child)
    for (const { print_profiles, next_cursor } of await Promise.all([read(), read(), read(), read()])) {
      assert.is(print_profiles.length, 1)
      assert.type(next_cursor, 'string')
    }
    turns.push(await longestTurnMs(child))
  }
  // What the reading itself takes, it takes in every round; a busy machine makes some rounds longer.
  assert.ok(Math.min(...turns) <= maxTurnMs, `${turns.join(', ')} ms`)
  assert.is(child.exitCode, null)
})

test.run()
