import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createCaller } from '../../../edge/ui/api/caller.ts'
import { createClient } from '../../../edge/ui/api/client.ts'
import { createBrowser, type PageFixture, startPage } from '../../make/edge/page.ts'
import { type EdgeFixture, makeEdgeFixture } from '../../make/edge/set-up.ts'

const test = suite("a profile that the printer's page uploads")
let fixture: EdgeFixture
let page: PageFixture

test.before.each(async () => {
  fixture = await makeEdgeFixture()
  page = await startPage(fixture)
})
test.after.each(async () => {
  await page.close()
  await fixture.close()
})

/** The page's own calls, with a browser's cookie. `csrf`: the values that the page sends, one after another. */
async function logInPage(...wrong: string[]) {
  const browser = createBrowser(page.url)
  await browser.logIn()
  const cookie = browser.cookie()
  const withCookie: typeof fetch = (path, init) =>
    fetch(new URL(String(path), page.url), { ...init, headers: { ...(init?.headers as object), cookie } })
  const client = createClient(withCookie, {
    address: path => `api/${path}`,
    csrf: async () => wrong[0] ?? browser.session().csrf,
    refresh: async () => void wrong.shift(),
  })
  return createCaller(client, async () => {})
}

const fileOf = (bytes: number) => new File([`{"name":"${'x'.repeat(bytes)}"}`], 'large preset.json')

test('a file of 200 KB is stored under its name', async () => {
  const { uploadProfile } = await logInPage()
  const stored = await uploadProfile({ files: [fileOf(200_000)], name: 'Mine', idempotencyKey: 'once' })
  assert.is(stored.name, 'Mine')
  assert.equal(fixture.market.shop.uploads, [['large preset.json']])
})

test('an upload of a session that was renewed is sent again, with its files', async () => {
  const { uploadProfile } = await logInPage('the value of an earlier session')
  await uploadProfile({ files: [fileOf(1000), fileOf(2000)], name: '', idempotencyKey: 'once' })
  assert.equal(fixture.market.shop.uploads, [['large preset.json', 'large preset.json']])
})

test.run()
