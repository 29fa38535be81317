import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { stranger, user } from '../../make/edge/fake-marketplace.ts'
import { createBrowser, type PageFixture, send, startPage, throughNginx } from '../../make/edge/page.ts'
import { type EdgeFixture, makeEdgeFixture } from '../../make/edge/set-up.ts'

const test = suite("the page's refusals in the security log")
let fixture: EdgeFixture
let page: PageFixture

test.before(async () => {
  fixture = await makeEdgeFixture({ autoStart: false })
  page = await startPage(fixture, { needsLogin: 'always' })
})
test.after(async () => {
  await page.close()
  await fixture.close()
})

/** How many refusals the log has: an entry may count several. */
async function refusals(): Promise<number> {
  const { entries } = (await fixture.edge.call('security_log', { token: user.token, limit: 500 })) as {
    entries: { event: string; count: number }[]
  }
  const refused = entries.filter(({ event }) => event === 'request_refused' || event === 'log_in_failed')
  return refused.reduce((sum, { count }) => sum + count, 0)
}

test('every refused request is in the log once, from the page itself and from a method', async () => {
  const owner = createBrowser(page.url)
  await owner.logIn()
  const other = createBrowser(page.url)
  await other.logIn(stranger)
  const foreign = { ...throughNginx('http'), 'x-forwarded-for': '8.8.8.8' }
  const wrong = { email: stranger.email, password: 'a wrong guess' }
  const cases = {
    'a call that is for the owner': ['forbidden', () => other.call('overview')],
    'a call from the internet': [
      'forbidden',
      () => send(`${page.url}api/call/overview`, { method: 'POST', headers: foreign }),
    ],
    'a call without the value of the page': [
      'csrf_required',
      () => owner.post('api/call/overview', {}, { 'x-lmnt-csrf': '' }),
    ],
    'a method for the owner': ['forbidden', () => other.call('set_config', { auto_start: true })],
    'a method behind a route of its own': ['forbidden', () => other.get('api/security-log')],
    'a wrong password': ['wrong_credentials', () => other.post('api/login', wrong)],
  } as const
  for (const [name, [code, request]] of Object.entries(cases)) {
    const before = await refusals()
    assert.is((await request()).json?.code, code, name)
    assert.is(await refusals(), before + 1, name)
  }
})

test.run()
