import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PrinterEnvironment, sitePackages } from '../../../local/printer/environment.ts'
import { asUnprivileged, nodeForEveryone, testArchive } from './archive.ts'

/** A user's home folder with Klipper and Moonraker in it: copies of the installed ones, without our links, to install into. */
export interface RealHost {
  home: string
  dataDir: string
  /** Starts the copies, with this home folder. */
  environment: PrinterEnvironment
  /** Runs install.sh of `archive` as an unprivileged user without sudo. Throws with its output when it fails. */
  install: (...options: string[]) => string
  /** The same of another archive, while the test goes on: `output` is what it has said so far. */
  startInstall: (archive: string, ...options: string[]) => { output: () => string; ended: Promise<void> }
  /** Calls a method by Moonraker's socket, as install.sh does. */
  askMoonraker: (method: string) => string
  /** Starts the installed service. */
  startService: () => ChildProcess
  stopService: (service: ChildProcess) => Promise<void>
  remove: () => void
}

export interface RealHostOptions {
  /** What is installed: by default the archive of this checkout. */
  archive?: string
  /** A checkout of Klipper itself. By default it is Kalico, of the Python packages. */
  klipperDir?: string | undefined
}

export async function makeRealHost(
  installed: PrinterEnvironment,
  { archive, klipperDir }: RealHostOptions = {},
): Promise<RealHost> {
  const dir = mkdtempSync(join(tmpdir(), 'lmnt-inst-'))
  chmodSync(dir, 0o755)
  const home = join(dir, 'pi')
  const dataDir = join(home, 'printer_data')
  const folders = ['bin', 'tmp', 'run/systemd/system', 'etc/systemd/system', 'pi/klipper', 'pi/moonraker']
  for (const folder of folders) mkdirSync(join(dir, folder), { recursive: true })
  const site = sitePackages(installed)
  for (const [from, to] of [
    [join(klipperDir ?? site, 'klippy'), 'klipper/klippy'],
    [join(site, 'moonraker'), 'moonraker/moonraker'],
  ] as const) {
    // Links are ours, of the checkout.
    cpSync(from, join(home, to), {
      recursive: true,
      // Klippy compiles its C code again when it seems newer than the result.
      preserveTimestamps: true,
      filter: path => !lstatSync(path).isSymbolicLink() && !path.includes('__pycache__'),
    })
  }
  if (!klipperDir) mkdirSync(join(home, 'klipper/klippy/plugins'), { recursive: true })
  const command = (name: string, text: string) => {
    writeFileSync(join(dir, 'bin', name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
    return join(dir, 'bin', name)
  }
  command('dpkg', 'echo amd64')
  command('sudo', 'exit 1')
  command('systemctl', 'exit 1')
  const paths = `${join(home, 'klipper')}:${join(home, 'moonraker')}`
  const copy = (path: string) => `HOME='${home}' PYTHONPATH='${paths}' exec '${path}' "$@"`
  const environment = {
    ...installed,
    kalico: command(
      'kalico',
      klipperDir
        ? `HOME='${home}' exec '${installed.python}' '${join(home, 'klipper/klippy/klippy.py')}' "$@"`
        : copy(installed.kalico),
    ),
    moonraker: command('moonraker', copy(installed.moonraker)),
  }
  const own = archive ?? (await testArchive())
  symlinkSync(nodeForEveryone(dir), join(dir, 'bin/node'))
  const isRoot = process.getuid?.() === 0
  const commandOf = (archive: string, options: string[]): [string, string[]] => {
    // The printer's processes are the test's own user's: it owns what they have made since.
    if (isRoot) execFileSync('chown', ['-R', '-h', 'nobody:', home, join(dir, 'tmp'), join(dir, 'etc')])
    const variables = [
      `HOME=${home}`,
      `PATH=${join(dir, 'bin')}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`,
      `TMPDIR=${join(dir, 'tmp')}`,
      `LMNT_SYSROOT=${dir}`,
      'LMNT_POLL_SECONDS=1',
    ]
    const script = join(archive, 'install.sh')
    const [first = '', ...args] = [...asUnprivileged, 'env', '-i', ...variables, script, '--yes', ...options]
    return [first, args]
  }
  return {
    home,
    dataDir,
    environment,
    install(...options) {
      const { status, stdout, stderr } = spawnSync(...commandOf(own, options), { encoding: 'utf8' })
      if (status !== 0) throw new Error(`install.sh ${options.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
      return stdout + stderr
    },
    startInstall(archive, ...options) {
      const child = spawn(...commandOf(archive, options), { stdio: ['ignore', 'pipe', 'pipe'] })
      let output = ''
      for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += chunk))
      const ended = once(child, 'close').then(([status]) => {
        if (status !== 0) throw new Error(`install.sh ${options.join(' ')} ended with ${status}:\n${output}`)
      })
      return { output: () => output, ended }
    },
    askMoonraker: method =>
      execFileSync(
        process.execPath,
        ['installer/moonraker-call.mjs', join(dataDir, 'comms/moonraker.sock'), 'http://127.0.0.1:1', '', method],
        { encoding: 'utf8' },
      ).trim(),
    // As Klippy's user, which is the test's own: the extra accepts no other.
    startService: () =>
      spawn(join(home, 'lmnt-edge/lmnt-edge'), [], {
        env: { ...process.env, HOME: home, EDGE_CONFIG: join(dataDir, 'config/lmnt-edge.cfg') },
        stdio: ['ignore', 'ignore', 'inherit'],
      }),
    async stopService(child) {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
    remove() {
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** The text of a file of the printer's configuration. */
export const configText = ({ dataDir }: RealHost, name: string) => readFileSync(join(dataDir, 'config', name), 'utf8')
