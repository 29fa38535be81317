import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readSetup } from '../../../edge/config/read.ts'
import { ConfigError } from '../../../runtime/config.ts'
import { makeEdgeCfg, market } from '../../make/edge/edge-cfg.ts'

const test = suite('refusals of lmnt-edge.cfg')
const { dir, home, file, read, wrong, remove } = makeEdgeCfg()
test.after(remove)

test('every error is reported at once, with its line, section and option', () => {
  const text = `color: red
[edge]
marketplace_url: marketplace.example
log_level: loud
what is this
[printer voron]
moonraker_url: 127.0.0.1:7125
auto_start: maybe
auto_start: true
poll_seconds: 0
moonraker_api_key: secret-key
[printer voron]
[printer two words]
[extruder]
[edge]
`
  assert.equal(wrong(text), [
    'line 1, color: stands before the first [section]',
    'line 3, [edge] marketplace_url: must be an address such as https://marketplace.example',
    'line 4, [edge] log_level: must be one of debug, info, warn, error, silent',
    'line 5: this is neither a [section] nor an "option: value"',
    'line 7, [printer voron] moonraker_url: must be an address such as http://127.0.0.1:7125',
    'line 8, [printer voron] auto_start: must be true or false',
    'line 9, [printer voron] auto_start: is there twice, first in line 8',
    'line 10, [printer voron] poll_seconds: must be a whole number from 1 to 60',
    'line 11, [printer voron] moonraker_api_key: unknown option; there are moonraker_url, moonraker_api_key_file, stream_socket, auto_start, ask_before_using_rights, poll_seconds',
    'line 12, [printer voron]: is there twice, first in line 6',
    "line 13, [printer two words]: a printer's name is one word of up to 32 letters, digits, - and _",
    'line 14, [extruder]: unknown section; there are [edge], [web] and, for each printer, [printer NAME]',
    'line 15, [edge]: is there twice, first in line 2',
  ])
  assert.equal(wrong(''), ['[edge] marketplace_url: is missing'])
  assert.equal(wrong('[edge]\n\ndata_path =\n'), [
    'line 1, [edge] marketplace_url: is missing',
    'line 3, [edge] data_path: has no value',
  ])
})

test('two printers must not share a Moonraker, a socket or a folder', () => {
  assert.equal(wrong(`${market}[printer voron]\n[printer ender]\nmoonraker_url: ws://localhost:7125\n`), [
    'line 4, [printer ender] stream_socket: is also used by [printer voron], as the default: each printer needs its own',
    'line 5, [printer ender] moonraker_url: is also used by [printer voron]: each printer needs its own',
  ])
  assert.equal(
    wrong(`${market}[printer a]\n[printer A]\nmoonraker_url: http://127.0.0.1:7126\nstream_socket: /run/a/s.sock\n`),
    ['line 4, [printer A]: has the same data folder as [printer a]: give it another name'],
  )
})

test('a socket path that is too long, or in a shared folder, is refused', () => {
  const at = (path: string) => `${market}[printer]\nstream_socket: ${path}\n`
  assert.equal(read(at(`/none/${'x'.repeat(101)}`)).printers.length, 1)
  assert.match(wrong(at(`/none/${'x'.repeat(102)}`))[0] ?? '', 'longer than 107 bytes')
  const own = /needs a folder of its own/
  assert.match(wrong(at('stream.sock'))[0] ?? '', own, 'the folder of the configuration')
  assert.match(wrong(at(file))[0] ?? '', own, 'a file of another kind')
})

test('the API key is in a file that nobody else can read, and in no message', () => {
  const key = join(dir, 'key')
  const text = `${market}[printer]\nmoonraker_api_key_file: ${key}\n`
  const line = 'line 4, [printer] moonraker_api_key_file:'
  assert.equal(wrong(text), [`${line} ${key} cannot be read (ENOENT)`])
  writeFileSync(key, 'secret-key')
  chmodSync(key, 0o640)
  assert.equal(wrong(text), [`${line} ${key} can be read by others: chmod 600 ${key}`])
  chmodSync(key, 0o600)
  assert.is(read(text).printers[0]?.config.moonrakerApiKey, 'secret-key')
  for (const bad of ['', 'two words', 'x'.repeat(5000)]) {
    writeFileSync(key, bad)
    assert.ok(wrong(text)[0]?.startsWith(`${line} ${key} `))
  }
  assert.match(wrong(`${market}[printer]\nmoonraker_api_key_file: ${dir}\n`)[0] ?? '', 'is not a file')
})

test('a missing file, or one that is not text, is reported with advice', () => {
  const errorOf = (path: string) => {
    try {
      return String(readSetup(path, home))
    } catch (error) {
      return (error as Error).message
    }
  }
  assert.match(errorOf(join(dir, 'none.cfg')), /none\.cfg cannot be read \(ENOENT\)\. Copy edge\/lmnt-edge\.cfg there/)
  writeFileSync(file, Buffer.from([0x5b, 0xff, 0x5d]))
  assert.match(errorOf(file), /is not a text file in UTF-8/)
  writeFileSync(file, ' '.repeat(70_000))
  assert.match(errorOf(file), /longer than 65536 bytes/)
})

test('any content is either accepted or reported with its line', () => {
  const part = fc.constantFrom(
    '[',
    ']',
    'edge',
    'printer',
    ' ',
    ':',
    '=',
    '#',
    '\n',
    '\n',
    'auto_start',
    'true',
    '~',
    '',
  )
  const text = fc.oneof(
    fc.array(part, { maxLength: 60 }).map(parts => parts.join('')),
    fc.string({ unit: 'grapheme', maxLength: 200 }),
  )
  fc.assert(
    fc.property(text, given => {
      try {
        read(`${market}${given}`)
      } catch (error) {
        assert.instance(error, ConfigError)
        for (const line of (error as Error).message.split('\n').slice(1)) assert.match(line, /^ {2}(line \d+|\[)/)
      }
    }),
    { numRuns: 300 },
  )
})

test.run()
