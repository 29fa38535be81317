import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Facts, PageAnswer } from '../../../edge/cli/doctor/facts.ts'
import { isHealthy, judge } from '../../../edge/cli/doctor/judge.ts'
import { findingText } from '../../../edge/cli/text.ts'

const test = suite('what the doctor says')

const shown = { status: 200, isPage: true }

/** A host on which everything is right. */
function healthy() {
  return {
    host: { node: 'v20.20.2', architecture: 'arm64', memoryAvailableMb: 400 as number | null },
    installation: {
      folder: '/home/pi/lmnt-edge',
      version: '1.0.0',
      release: { version: 'v1.0.0', asset: 'lmnt-edge-arm64.zip' },
      changedFiles: [] as string[],
    },
    service: { isInstalled: true, isEnabled: true, state: 'active' } as Facts['service'],
    configuration: { path: '/home/pi/printer_data/config/lmnt-edge.cfg', problem: null as string | null },
    marketplace: { url: 'https://marketplace.example', isReached: true, clockOffsetS: 1 as number | null },
    page: {
      url: 'http://127.0.0.1:7180/',
      answer: shown as PageAnswer,
      nginx: {
        hasLocation: true,
        sites: [
          {
            file: '/etc/nginx/sites-enabled/mainsail',
            url: 'http://127.0.0.1:80/server/lmnt/',
            answer: shown as PageAnswer,
          },
        ],
      },
    },
    printer: {
      name: 'printer',
      dataDir: {
        path: '/home/pi/printer_data/lmnt/printer',
        mode: 0o700 as number | null,
        freeMb: 9000 as number | null,
      },
      socket: { path: '/home/pi/printer_data/comms/lmnt/stream.sock', mode: 0o600 as number | null, folderMode: 0o700 },
      edge: { version: '1.0.0', isRegistered: true, isConnected: true, problem: null as string | null },
      isRunning: true,
      isMoonrakerThere: true,
      moonraker: {
        url: 'http://127.0.0.1:7125',
        needsKey: false,
        failedComponents: [] as string[],
        isComponentIncluded: true,
        isComponentLoaded: true,
        klippyState: 'ready',
        klippyMessage: '',
        klipperFolder: '/home/pi/klipper',
        extra: {
          isIncluded: true,
          socket: '/home/pi/printer_data/comms/lmnt/stream.sock' as string | null,
          loadedVersion: '1.0.0' as string | null,
          isLinked: true,
        },
      },
    },
  }
}

type Host = ReturnType<typeof healthy>

function examine(change: (host: Host) => void) {
  const host = healthy()
  change(host)
  const { isRunning, isMoonrakerThere, ...printer } = host.printer
  const edge = isRunning ? printer.edge : null
  const moonraker = isMoonrakerThere ? printer.moonraker : null
  return judge({ ...host, printers: [{ ...printer, edge, moonraker }] })
}

/** One thing that is wrong, the check that notices it, and a word of its text or remedy. */
const faults: [string, 'warning' | 'problem', RegExp, (host: Host) => void][] = [
  ['files', 'problem', /edge\.js.*install\.sh --update/, host => host.installation.changedFiles.push('edge.js')],
  [
    'node',
    'warning',
    /lmnt-edge-x64\.zip is for another/,
    host => (host.installation.release.asset = 'lmnt-edge-x64.zip'),
  ],
  [
    'service',
    'problem',
    /does not know/,
    host => (host.service = { isInstalled: false, isEnabled: false, state: 'inactive' }),
  ],
  [
    'service',
    'problem',
    /is failed.*systemctl restart/,
    host => (host.service = { isInstalled: true, isEnabled: true, state: 'failed' }),
  ],
  [
    'service',
    'warning',
    /enable lmnt-edge/,
    host => (host.service = { isInstalled: true, isEnabled: false, state: 'active' }),
  ],
  ['configuration', 'problem', /line 3/, host => (host.configuration.problem = 'line 3: is wrong')],
  ['memory', 'warning', /Only 40 MB/, host => (host.host.memoryAvailableMb = 40)],
  ['marketplace', 'problem', /does not answer from this host/, host => (host.marketplace.isReached = false)],
  ['clock', 'problem', /90 s behind.*set-ntp/, host => (host.marketplace.clockOffsetS = -90)],
  [
    'page',
    'problem',
    /does not answer at http:\/\/127\.0\.0\.1:7180/,
    host => (host.page.answer = { status: null, isPage: false }),
  ],
  [
    'page',
    'problem',
    /status 404.*is not the printer's page/,
    host => (host.page.answer = { status: 404, isPage: false }),
  ],
  [
    'nginx',
    'problem',
    /does not show the page at .*\(502\), which .*mainsail includes.*reload nginx/,
    host => (host.page.nginx.sites[0]!.answer = { status: 502, isPage: false }),
  ],
  ['nginx', 'problem', /No site of nginx includes.*install\.sh/, host => (host.page.nginx.sites = [])],
  ['data', 'problem', /0755.*chmod 700/, host => (host.printer.dataDir.mode = 0o755)],
  ['data', 'warning', /not there yet/, host => (host.printer.dataDir.mode = null)],
  ['disk', 'warning', /Only 100 MB/, host => (host.printer.dataDir.freeMb = 100)],
  ['socket', 'problem', /0660/, host => (host.printer.socket.mode = 0o660)],
  ['socket', 'problem', /its folder 0755/, host => (host.printer.socket.folderMode = 0o755)],
  ['socket', 'problem', /is gone/, host => (host.printer.socket.mode = null)],
  ['edge', 'problem', /does not answer for printer "printer"/, host => (host.printer.isRunning = false)],
  ['agent', 'problem', /not connected to Moonraker/, host => (host.printer.edge.isConnected = false)],
  ['registration', 'warning', /lmnt-edge register/, host => (host.printer.edge.isRegistered = false)],
  ['registration', 'problem', /was removed/, host => (host.printer.edge.problem = 'The printer was removed.')],
  ['moonraker', 'problem', /does not answer.*moonraker_url/, host => (host.printer.isMoonrakerThere = false)],
  ['moonraker', 'problem', /moonraker_api_key_file/, host => (host.printer.moonraker.needsKey = true)],
  [
    'component',
    'problem',
    /does not include \[lmnt_marketplace\]/,
    host => (host.printer.moonraker.isComponentIncluded = false),
  ],
  ['component', 'problem', /has not loaded/, host => (host.printer.moonraker.isComponentLoaded = false)],
  [
    'klipper',
    'warning',
    /Klipper is shutdown: MCU/,
    host => Object.assign(host.printer.moonraker, { klippyState: 'shutdown', klippyMessage: 'MCU lost\nmore' }),
  ],
  ['extra', 'problem', /link .* is gone.*restart lmnt-edge/, host => (host.printer.moonraker.extra.isLinked = false)],
  ['extra', 'problem', /has not loaded the extra/, host => (host.printer.moonraker.extra.loadedVersion = null)],
  [
    'extra',
    'problem',
    /does not include \[lmnt_stream\]/,
    host => Object.assign(host.printer.moonraker.extra, { loadedVersion: null, isIncluded: false }),
  ],
  ['extra', 'problem', /has the socket \/other/, host => (host.printer.moonraker.extra.socket = '/other')],
  ['extra', 'warning', /still runs version 0\.9\.0/, host => (host.printer.moonraker.extra.loadedVersion = '0.9.0')],
]

test('a host on which everything is right has no finding but "ok"', () => {
  const findings = examine(() => {})
  assert.equal(
    findings.filter(({ level }) => level !== 'ok'),
    [],
  )
  assert.ok(isHealthy(findings))
  assert.is(new Set(findings.map(({ check }) => check)).size, findings.length)
})

for (const [check, level, text, change] of faults) {
  test(`one fault, one finding: ${check} ${text.source}`, () => {
    const findings = examine(change).filter(finding => finding.level !== 'ok')
    assert.equal(
      findings.map(finding => [finding.check, finding.level]),
      [[check, level]],
    )
    const [finding] = findings
    assert.ok(finding)
    const line = findingText(finding, false)
    assert.match(line, text)
    assert.match(line, /^(WARNING|PROBLEM) {2}\S.* {2}-> {2}\S/)
    assert.not.match(line, '\n')
    assert.is(isHealthy(findings), level === 'warning')
  })
}

test('a configuration that cannot be read is one finding: nothing is said of the page', () => {
  const findings = examine(host => {
    host.configuration.problem = 'line 3: is wrong'
    Object.assign(host, { page: null })
  })
  assert.equal(
    findings.filter(({ check }) => ['configuration', 'page', 'nginx'].includes(check)).map(({ level }) => level),
    ['problem'],
  )
})

test('a socket in /tmp, which the service has for itself, is a problem', () => {
  const findings = examine(host => {
    host.printer.socket.path = '/tmp/lmnt/stream.sock'
    host.printer.moonraker.extra.socket = '/tmp/lmnt/stream.sock'
  })
  assert.equal(
    findings.filter(({ level }) => level === 'problem').map(({ check }) => check),
    ['socket'],
  )
})

test('the guide has a paragraph for every check', () => {
  const guide = readFileSync('docs/installation.md', 'utf8')
  for (const { check } of examine(() => {})) assert.match(guide, `\`${check}\``)
})

test.run()
