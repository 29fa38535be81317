/**
 * `npm run check:shell`, a part of `npm run check`: shellcheck and the length of every shell file. Without shellcheck (Debian:
 * shellcheck; CI has it) only the length is checked, and it says so.
 */
import { spawnSync } from 'node:child_process'
import { checkLength, filesInGit } from '../file-length.ts'

const files = filesInGit('*.sh', '*.bash', '*.bats', '.ci/run', 'edge/lmnt-edge')
const isShort = checkLength(files)

// The parts of the installer share their variables: they are checked through main.sh, which reads them all.
const isPart = (path: string) => path.startsWith('installer/') && path !== 'installer/main.sh'
const { error, status } = spawnSync('shellcheck', ['--external-sources', ...files.filter(path => !isPart(path))], {
  stdio: 'inherit',
})
if (error) console.log('Shell files: only their length was checked, shellcheck is not installed.')
process.exitCode = !isShort || (!error && status !== 0) ? 1 : 0
