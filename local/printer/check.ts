/**
 * `npm run check:python`, a part of `npm run check`: length, style (ruff.toml) and types (mypy.ini) of the Python files that run
 * inside Klipper and Moonraker. Without `npm run printer:setup` the tools are missing: then it prints that and checks the length only.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { checkLength, filesInGit } from '../file-length.ts'
import { defaultFolder } from './environment.ts'
import { findTools, type PythonTools } from './tools.ts'

const folder = process.env.LMNT_PYTHON ?? defaultFolder
const tools = findTools(folder)
const isShort = checkLength(filesInGit('*.py'))
if (tools) process.exitCode = check(tools) && isShort ? 0 : 1
else {
  process.exitCode = isShort ? 0 : 1
  console.log(
    `Python files: not checked, ruff and mypy are not in ${folder} ("npm run printer:setup" puts them there).`,
  )
}

/** Runs every check, also after one that fails. */
function check({ folder, ruff, mypy }: PythonTools): boolean {
  const commands: [string, string[]][] = [
    [ruff, ['check', '--no-cache', '--quiet', '.']],
    [ruff, ['format', '--check', '--no-cache', '--quiet', '.']],
    [mypy, ['--cache-dir', join(folder, 'mypy-cache'), '--no-error-summary']],
  ]
  const passed = commands.filter(([command, args]) => spawnSync(command, args, { stdio: 'inherit' }).status === 0)
  return passed.length === commands.length
}
