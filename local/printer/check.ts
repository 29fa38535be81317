/**
 * `npm run check:python`, a part of `npm run check`: length, style (ruff.toml) and types (mypy.ini) of the Python files that run
 * inside Klipper and Moonraker. Without `npm run printer:setup` the tools are missing: then it prints that and checks the length only.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defaultFolder } from './environment.ts'
import { findTools, type PythonTools } from './tools.ts'

const mostLines = 250
const folder = process.env.LMNT_PYTHON ?? defaultFolder
const tools = findTools(folder)
const isShort = checkLength()
if (tools) process.exitCode = check(tools) && isShort ? 0 : 1
else {
  process.exitCode = isShort ? 0 : 1
  console.log(
    `Python files: not checked, ruff and mypy are not in ${folder} ("npm run printer:setup" puts them there).`,
  )
}

/** Ruff has no rule for the length of a file. */
function checkLength(): boolean {
  const { stdout } = spawnSync('git', ['ls-files', '-z', '*.py'], { encoding: 'utf8' })
  const lines = (path: string) => readFileSync(path, 'utf8').trimEnd().split('\n').length
  const long = stdout.split('\0').filter(path => path !== '' && lines(path) > mostLines)
  for (const path of long) console.error(`${path}: has ${lines(path)} lines, more than ${mostLines}`)
  return long.length === 0
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
