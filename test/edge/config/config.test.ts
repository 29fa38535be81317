import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { defaultTiming } from '../../../edge/config.ts'
import { makeEdgeCfg, market } from '../../make/edge/edge-cfg.ts'

const test = suite('lmnt-edge.cfg')
const { home, file, read, remove } = makeEdgeCfg()
test.after(remove)

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

test.run()
