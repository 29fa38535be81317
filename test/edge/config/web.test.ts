import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readSetup } from '../../../edge/config/read.ts'

const test = suite("[web] of lmnt-edge.cfg: the printer's page")
const folder = mkdtempSync(join(tmpdir(), 'lmnt-web-cfg-'))
test.after(() => rmSync(folder, { recursive: true }))

function read(options: string) {
  const file = join(folder, 'lmnt-edge.cfg')
  writeFileSync(file, `[edge]\nmarketplace_url: https://marketplace.example\n[web]\n${options}`)
  return readSetup(file, folder).web
}

test('the page can be switched off, and its parts', () => {
  assert.is(read('enabled: no'), null)
  const web = read('https: off\nhttp_port: 80\nhosts: Printer.Example, 203.0.113.7\nneeds_login: always')
  assert.equal([web?.httpPort, web?.https, web?.needsLogin], [80, null, 'always'])
  assert.equal(web?.hosts, ['printer.example', '203.0.113.7'])
})

for (const wrong of [
  'http_port: 0',
  'https_port: 70000',
  'hosts: http://a',
  'origins: http://a.lan/',
  'origins: *',
  'networks: 10.0.0.0/33',
  'networks: everyone',
  'needs_login: no',
  'https_address: all',
]) {
  test(`"${wrong}" is refused with its line and option`, () => {
    const option = wrong.split(':')[0]
    assert.throws(() => read(wrong), new RegExp(`line 4, \\[web\\] ${option}: `))
  })
}

test.run()
