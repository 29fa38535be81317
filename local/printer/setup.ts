/**
 * `npm run printer:setup`: real Klippy and real Moonraker in a Python environment of their own, for the tests in
 * test/printer-real, and beside them what `npm run check` checks our Python files with. `--folder PATH` puts it elsewhere than into .lmnt, where several checkouts can share it; the tests then
 * find it by LMNT_PYTHON.
 */
import { rmSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import {
  commandsOf,
  defaultFolder,
  findEnvironment,
  linkOurs,
  markerPath,
  markerText,
  packages,
  runStep,
} from './environment.ts'
import { setUpTools } from './tools.ts'

const { values } = parseArgs({
  options: { folder: { type: 'string', default: defaultFolder }, python: { type: 'string', default: 'python3' } },
})

try {
  setUp(values.folder, values.python)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

function setUp(folder: string, python: string): void {
  const environment = commandsOf(folder)
  if (!findEnvironment(folder)) {
    console.log(`Installing ${packages.join(' and ')} into ${environment.folder}, about a minute ...`)
    // Also what a set-up that was broken off left there.
    rmSync(folder, { recursive: true, force: true })
    runStep(
      python,
      ['-m', 'venv', folder],
      'This needs Python 3.10 or newer with its venv module (Debian: python3-venv).',
    )
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages]
    runStep(environment.python, pip, 'The packages could not be installed.')
    const sodium = ['-c', 'import libnacl']
    runStep(environment.python, sodium, 'Moonraker signs with libsodium: install it (Debian: libsodium23).')
    const compile = ['-c', 'from klippy import chelper; chelper.get_ffi()']
    runStep(
      environment.python,
      compile,
      "Klippy's C helper could not be compiled: this needs gcc (Debian: build-essential).",
    )
    writeFileSync(markerPath(folder), markerText)
  }
  setUpTools(folder, python)
  linkOurs(environment, { isTakenOver: true })
  console.log(`Real Klippy and Moonraker are in ${environment.folder}. Try: npm test -- printer-real`)
}
