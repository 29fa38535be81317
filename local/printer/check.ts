/**
 * `npm run check:python`, a part of `npm run check`: style (ruff.toml) and types (mypy.ini) of the Python files that run inside
 * Klipper and Moonraker. Where `npm run printer:setup` has not been run there is nothing to check them with: it says so.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { defaultFolder } from './environment.ts'
import { findTools, type PythonTools } from './tools.ts'

const folder = process.env.LMNT_PYTHON ?? defaultFolder
const tools = findTools(folder)
if (tools) process.exitCode = check(tools) ? 0 : 1
else
  console.log(
    `Python files: not checked, ruff and mypy are not in ${folder} ("npm run printer:setup" puts them there).`,
  )

/** All of it, also after a first complaint. */
function check({ folder, ruff, mypy }: PythonTools): boolean {
  const commands: [string, string[]][] = [
    [ruff, ['check', '--no-cache', '--quiet', '.']],
    [ruff, ['format', '--check', '--no-cache', '--quiet', '.']],
    [mypy, ['--cache-dir', join(folder, 'mypy-cache'), '--no-error-summary']],
  ]
  const passed = commands.filter(([command, args]) => spawnSync(command, args, { stdio: 'inherit' }).status === 0)
  return passed.length === commands.length
}
