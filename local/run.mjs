// The way in for `npm start`, `npm test`, `npm run bench` and `npm run build`: plain JavaScript with nothing but
// Node's own modules, because on a fresh machine nothing is installed yet.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))))

const programs = {
  start: 'local/stack/start.ts',
  dev: 'local/stack/dev.ts',
  test: 'test/runner/run.ts',
  bench: 'bench/run.ts',
  build: 'local/build.ts',
  'build:ui': 'local/ui/build.ts',
  release: 'local/release/main.ts',
  chaos: 'test/chaos/main.ts',
  screenshots: 'test/page/screenshots.ts',
  openapi: 'local/openapi/write.ts',
  'printer:setup': 'local/printer/setup.ts',
}

const [name, ...args] = process.argv.slice(2)
const program = programs[name]
if (!program) exit(`usage: node local/run.mjs ${Object.keys(programs).join('|')}`)

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) exit(`LMNT needs Node 20.19 or newer, this is ${process.version}.`)

checkTemporaryFolder()
install()
const child = spawn(process.execPath, ['--import', 'tsx', program, ...args], {
  // The channel closes when this process ends, even by kill -9, and the child sees that.
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  // tsx would keep a cache in the temporary folder; with packages bundled it saves a tenth of a second.
  env: {
    ...process.env,
    TSX_DISABLE_CACHE: '1',
    LMNT_STARTED_AT: process.env.LMNT_STARTED_AT ?? String(Date.now() - process.uptime() * 1000),
  },
})
// A terminal's Ctrl-C reaches the child by itself; a kill of ours does not.
process.on('SIGINT', () => {})
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
// npm may be killed with -9 and sends no signal then; its child then gets another parent.
const npm = process.ppid
setInterval(() => process.ppid !== npm && child.kill('SIGTERM'), 500).unref()
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))

/** Everything writes there, down to what translates TypeScript: without it each would end with a stack of its own. */
function checkTemporaryFolder() {
  try {
    rmdirSync(mkdtempSync(join(tmpdir(), 'lmnt-try-')))
  } catch (error) {
    exit(`The temporary folder ${tmpdir()} cannot be written (${error.code}): set TMPDIR to one that can.`)
  }
}

/** Runs `npm ci` when node_modules is missing or was made from another lock file. */
function install() {
  const marker = join('node_modules', '.lmnt-installed')
  const lock = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex')
  if (existsSync(marker) && readFileSync(marker, 'utf8') === lock) return
  process.stderr.write('Installing packages (npm ci), about half a minute ...\n')
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    // npm's own words go to stderr: the last line of `npm start -- --json` is the result and nothing else.
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (npm.status !== 0) exit('npm ci failed: see its messages above; try again when the registry can be reached.')
  writeFileSync(marker, lock)
}

function exit(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
