import { rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type PageFixture, send, startPage } from '../../make/edge/page.ts'
import { type EdgeFixture, makeEdgeFixture } from '../../make/edge/set-up.ts'

const test = suite("the files of the printer's page")
const html = '<!doctype html><title>LMNT</title>'
const script = 'export const page = "of this printer"\n'.repeat(20)
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

const get = (path: string, headers: Record<string, string> = {}) => fetch(`${page.url}${path}`, { headers })

function build(content = html): void {
  writeFileSync(join(page.uiFolder, 'index.html'), content)
  writeFileSync(join(page.uiFolder, 'assets', 'page-4f2a.js'), script)
  writeFileSync(join(page.uiFolder, 'assets', 'page-4f2a.js.gz'), gzipSync(script))
  writeFileSync(join(page.uiFolder, 'assets', 'page-4f2a.js.br'), brotliCompressSync(script))
}

test('a page that is not built says how to build it', async () => {
  const missing = await get('')
  assert.is(missing.status, 503)
  assert.match(await missing.text(), 'npm run build:ui')
})

test('each client gets the best form that it takes, and keeps what has a hash in its name', async () => {
  build()
  for (const [accepted, sent] of [
    ['gzip, deflate, br', 'br'],
    ['gzip;q=1.0, deflate', 'gzip'],
    ['identity', null],
  ] as const) {
    const answer = await get('assets/page-4f2a.js', { 'accept-encoding': accepted })
    assert.is(answer.headers.get('content-encoding'), sent)
    assert.is(answer.headers.get('content-type'), 'text/javascript; charset=utf-8')
    assert.is(answer.headers.get('vary'), 'accept-encoding')
    assert.match(answer.headers.get('cache-control') ?? '', 'immutable')
    assert.is(answer.headers.get('etag'), null)
    assert.is(await answer.text(), script)
  }
  const index = await get('')
  assert.is(index.headers.get('cache-control'), 'no-cache')
  assert.is(await index.text(), html)
})

test('an unchanged page is not sent again, a page that was built anew is', async () => {
  build()
  const etag = (await get('')).headers.get('etag') ?? ''
  assert.is((await get('', { 'if-none-match': etag })).status, 304)
  // Of the same size and time, as out of an archive.
  const { atime, mtime } = statSync(join(page.uiFolder, 'index.html'))
  const newHtml = html.replace('LMNT', 'TNML')
  build(newHtml)
  utimesSync(join(page.uiFolder, 'index.html'), atime, mtime)
  const again = await get('', { 'if-none-match': etag })
  assert.equal([again.status, await again.text()], [200, newHtml])
  rmSync(join(page.uiFolder, 'assets'), { recursive: true })
  assert.is((await get('assets/page-4f2a.js')).status, 404)
})

test('nothing outside the list of files is served', async () => {
  build()
  writeFileSync(join(page.uiFolder, 'notes.secret'), 'of a type that the page does not have')
  writeFileSync(join(page.uiFolder, '..', 'outside.json'), '{}')
  for (const path of ['notes.secret', 'assets', 'assets/', '..%2foutside.json', 'assets/..%2f..%2foutside.json']) {
    assert.is((await get(path)).status, 404, path)
  }
  // As no browser sends it: the path stays as it is.
  const { port } = new URL(page.url)
  assert.is((await send(`http://127.0.0.1:${port}//outside.json`)).status, 404)
})

test('behind nginx the page is found with and without the slash, and keeps the chosen printer', async () => {
  build()
  const moved = await fetch(`${page.url}server/lmnt?printer=second`, { redirect: 'manual' })
  assert.equal([moved.status, moved.headers.get('location')], [308, 'lmnt/?printer=second'])
  assert.is(await (await get('server/lmnt/')).text(), html)
  assert.is(await (await get('server/lmnt/assets/page-4f2a.js')).text(), script)
})

test.run()
