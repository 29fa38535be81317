// Checks the types of the printer's page, its .vue files included; does nothing while they are those of the last good check.
// vue-tsc needs the compiler's JavaScript API, which TypeScript 7 does not have: so it runs on TypeScript 5.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { keyOf, source } from './sources.ts'

const keyFile = 'dist/ui-types.key'
const key = keyOf('schema/page', 'schema/http', 'tsconfig.json', 'local/ui/check.ts')
if (!existsSync(keyFile) || readFileSync(keyFile, 'utf8') !== key) {
  const program = "require('vue-tsc').run(require.resolve('typescript-5/lib/tsc'))"
  const options = ['--noEmit', '--project', `${source}/tsconfig.json`]
  const { status } = spawnSync(process.execPath, ['-e', program, '--', ...options], { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
  mkdirSync('dist', { recursive: true })
  writeFileSync(keyFile, key)
}
