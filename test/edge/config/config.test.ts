import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type EdgeSetup, readSetup } from '../../../edge/config/read.ts'
import { defaultTiming } from '../../../edge/config.ts'
import { ConfigError } from '../../../runtime/config.ts'

const test = suite('lmnt-edge.cfg')
const dir = mkdtempSync(join(tmpdir(), 'lmnt-cfg-'))
const home = join(dir, 'home')
const file = join(dir, 'config', 'lmnt-edge.cfg')
mkdirSync(dirname(file))
test.after(() => rmSync(dir, { recursive: true, force: true }))

const market = '[edge]\nmarketplace_url: https://marketplace.example\n'

function read(text: string | Buffer): EdgeSetup {
  writeFileSync(file, text)
  return readSetup(file, home)
}

/** What is said to be wrong, line by line, without the heading. */
function wrong(text: string | Buffer): string[] {
  try {
    read(text)
  } catch (error) {
    assert.instance(error, ConfigError)
    const [heading, ...lines] = (error as Error).message.split('\n')
    assert.ok(heading?.startsWith(file) && heading.endsWith('cannot be used:'), heading)
    return lines.map(line => line.trim())
  }
  throw new Error('it was taken')
}

const defaults = {
  printerName: 'printer',
  dataDir: join(home, 'printer_data/lmnt/printer'),
  marketplaceUrl: 'https://marketplace.example',
  moonrakerUrl: 'ws://127.0.0.1:7125/websocket',
  moonrakerApiKey: undefined,
  streamSocket: join(home, 'printer_data/comms/lmnt/stream.sock'),
  autoStart: false,
  logLevel: 'info',
  timing: defaultTiming,
}

test('one printer needs no option but marketplace_url', () => {
  const web = {
    httpPort: 7180,
    https: { port: 7183, address: null },
    hosts: [],
    origins: [],
    networks: [],
    needsLogin: 'auto',
    folder: join(home, 'printer_data/lmnt/web.page'),
  }
  const printers = [{ name: 'printer', config: defaults }]
  const expected = {
    logLevel: 'info',
    logFile: undefined,
    marketplaceUrl: 'https://marketplace.example',
    web,
    printers,
  }
  assert.equal(read(market), expected)
  assert.equal(read(`${market}[printer]`), expected)
})

test('the sample is valid, and shows the real defaults', () => {
  const sample = readFileSync('edge/lmnt-edge.cfg', 'utf8')
  assert.equal(read(sample).printers, [{ name: 'printer', config: defaults }])
  const [first = ''] = sample.split('# A second one')
  const shown = first.replace(/^#(?=\w+: )(?!moonraker_api_key_file)/gm, '')
  assert.is(shown.match(/^\w+: /gm)?.length, 18)
  assert.equal(read(shown).printers, [{ name: 'printer', config: defaults }])
  const two = read(sample.replace(/^#(?=\[|\w+: )(?!moonraker_api_key_file)/gm, ''))
  assert.equal(
    two.printers.map(({ name }) => name),
    ['printer', 'ender'],
  )
})

test("the default socket is that of Klipper's extra", () => {
  const extra = readdirSync('edge/klipper', { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.py'))
    .map(name => readFileSync(join('edge/klipper', name), 'utf8'))
    .join('\n')
  const [, path = ''] = /^DEFAULT_SOCKET = "~\/(.*)"$/m.exec(extra) ?? []
  assert.is(defaults.streamSocket, join(home, path))
})

test(`the file is read as Klipper's own files: ":" or "=", comments, spaces, upper case, any line ends`, () => {
  const key = join(home, 'key')
  mkdirSync(home, { recursive: true })
  writeFileSync(key, 'a1b2c3\n', { mode: 0o600 })
  const { logLevel, printers } = read(
    [
      '\uFEFF; a comment',
      '[edge]   # of all printers',
      'Marketplace_URL = http://127.0.0.1:4100/   ; here',
      'data_path: data',
      'log_level:debug',
      '',
      '[ printer   voron-2 ]',
      '  moonraker_url: https://voron.local/moonraker/websocket#a',
      '  moonraker_api_key_file: ~/key',
      '  stream_socket: /run/lmnt/voron.sock',
      '  auto_start: Yes',
      '  poll_seconds = 5',
    ].join('\r\n'),
  )
  assert.is(logLevel, 'debug')
  assert.equal(printers, [
    {
      name: 'voron-2',
      config: {
        printerName: 'voron-2',
        dataDir: join(dirname(file), 'data', 'voron-2'),
        marketplaceUrl: 'http://127.0.0.1:4100',
        moonrakerUrl: 'wss://voron.local/moonraker/websocket#a',
        moonrakerApiKey: 'a1b2c3',
        streamSocket: '/run/lmnt/voron.sock',
        autoStart: true,
        logLevel: 'debug',
        timing: { ...defaultTiming, pollWaitS: 5 },
      },
    },
  ])
})

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
