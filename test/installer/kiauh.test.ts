import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { zipOf } from '../../local/release/zip.ts'

const test = suite("KIAUH's extension")
const dir = mkdtempSync(join(tmpdir(), 'lmnt-kiauh-'))
test.after(() => rmSync(dir, { recursive: true, force: true }))
const { metadata } = JSON.parse(readFileSync('installer/kiauh/lmnt/metadata.json', 'utf8'))
const releases = join(dir, 'releases/latest/download')

/** Runs a method of the extension as KIAUH does, with its modules doubled, and a release in a folder. */
function run(method: string) {
  const bin = join(dir, 'bin')
  for (const folder of [bin, join(dir, 'core'), join(dir, 'extensions')]) mkdirSync(folder, { recursive: true })
  writeFileSync(join(bin, 'dpkg'), '#!/bin/sh\necho armhf\n', { mode: 0o755 })
  writeFileSync(join(dir, 'core/logger.py'), 'class Logger:\n    print_status = print_error = staticmethod(print)\n')
  const base = 'class BaseExtension:\n    def __init__(self, metadata):\n        self.metadata = metadata\n'
  writeFileSync(join(dir, 'extensions/base_extension.py'), base)
  const program = `from ${metadata.module} import LmntExtension; LmntExtension({"repo": "${pathToFileURL(dir)}"}).${method}()`
  const env = {
    PATH: `${bin}:${process.env.PATH}`,
    HOME: dir,
    PYTHONPATH: `${dir}:installer/kiauh/lmnt`,
    PYTHONDONTWRITEBYTECODE: '1',
  }
  const { stdout, stderr } = spawnSync('python3', ['-c', program], {
    env,
    input: 'https://marketplace.example\n',
    encoding: 'utf8',
  })
  return stdout + stderr
}

test('it downloads the archive of this architecture, checks it, and runs its installer', async () => {
  const script = Buffer.from(
    'echo "installs $(basename "$PWD")" "$@"; test -f "$(dirname "$0")/edge.js" && echo whole\n',
  )
  const archive = await zipOf([
    { path: 'install.sh', content: script, mode: 0o755 },
    { path: 'edge.js', content: Buffer.from(''), mode: 0o644 },
  ])
  mkdirSync(releases, { recursive: true })
  writeFileSync(join(releases, 'lmnt-edge-armv7l.zip'), archive)
  const sum = createHash('sha256').update(archive).digest('hex')
  writeFileSync(join(releases, 'SHA256SUMS'), `${sum}  lmnt-edge-armv7l.zip\n`)
  assert.match(run('install_extension'), /installs .* --marketplace https:\/\/marketplace\.example\nwhole/)
  writeFileSync(join(releases, 'SHA256SUMS'), `${'0'.repeat(64)}  lmnt-edge-armv7l.zip\n`)
  const refused = run('install_extension')
  assert.match(refused, 'has another checksum')
  assert.not.match(refused, 'installs')
})

test('update and removal are those of the installed install.sh', () => {
  assert.match(run('update_extension'), 'LMNT is not installed')
  mkdirSync(join(dir, 'lmnt-edge'))
  writeFileSync(join(dir, 'lmnt-edge/install.sh'), 'echo "was asked to" "$@"\n')
  assert.match(run('update_extension'), 'was asked to --update')
  assert.match(run('remove_extension'), 'was asked to --uninstall')
})

test.run()
