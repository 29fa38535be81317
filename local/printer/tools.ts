import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { runStep } from './environment.ts'

/** The packages that check our Python files, by their names in Python's package index; the stubs have the types of Klipper's objects. */
export const toolPackages = ['ruff==0.17.6', 'mypy==2.4.1', 'klippy-stubs==0.3.2']

export interface PythonTools {
  folder: string
  ruff: string
  mypy: string
}

const markerText = `${toolPackages.join('\n')}\n`

/** An environment of their own beside the programs': the stubs have the name of Klippy's package. */
function toolsOf(folder: string): PythonTools & { python: string; marker: string } {
  const own = join(resolve(folder), 'tools')
  const bin = (name: string) => join(own, 'bin', name)
  return {
    folder: own,
    ruff: bin('ruff'),
    mypy: bin('mypy'),
    python: bin('python'),
    marker: join(own, 'lmnt-tools.txt'),
  }
}

/** The tools in a printer's environment; null when they are not there, or in other versions. */
export function findTools(folder: string): PythonTools | null {
  const tools = toolsOf(folder)
  return existsSync(tools.marker) && readFileSync(tools.marker, 'utf8') === markerText ? tools : null
}

/** Installs what is missing. Throws with advice when it cannot. */
export function setUpTools(folder: string, python: string): void {
  if (findTools(folder)) return
  const tools = toolsOf(folder)
  console.log(`Installing ${toolPackages.join(', ')} into ${tools.folder} ...`)
  rmSync(tools.folder, { recursive: true, force: true })
  runStep(python, ['-m', 'venv', tools.folder], 'This needs Python with its venv module (Debian: python3-venv).')
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...toolPackages]
  runStep(tools.python, pip, 'ruff, mypy and klippy-stubs could not be installed: they need Python 3.10 or newer.')
  writeFileSync(tools.marker, markerText)
}
