/** The slicer as a process of its own, as it runs in production, between the doubles of Google. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { PubSub } from '@google-cloud/pubsub'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { freePort } from '../../local/free-port.ts'
import { cloud, setUpTopics } from '../../local/stack/cloud.ts'
import { engineListResponse, inspectResponse } from '../../schema/http/slicer.ts'
import type { SlicingJob } from '../../schema/messages/slicing.ts'
import { googleStorage } from '../../slicer/storage/google.ts'
import { until } from '../make/eventually.ts'
import { accounts, projectId, startCloud } from '../make/slicer/cloud.ts'
import { makeJob, storeModel } from '../make/slicer/jobs.ts'
import { startMarketplace } from '../make/slicer/marketplace.ts'
import { asciiStl, ball, binaryStl, box } from '../make/slicer/models.ts'
import { filesUnder, startProcess } from '../make/slicer/process.ts'
import { testProfile } from '../make/slicer/profiles.ts'
import { prusaProgram } from '../make/slicer/prusa.ts'
import { isRunning } from '../make/slicer/running.ts'
import { copyThree } from '../make/slicer/three.ts'
import { openSealed } from '../make/slicer/world.ts'

const test = suite('the slicer process')
const canary = 'CANARY5f1c9e'
const engine = copyThree()
const { google, close } = await startCloud()
const marketplace = await startMarketplace()
const folder = mkdtempSync(join(tmpdir(), 'lmnt-slicer-cwd-'))
const start = (env: Record<string, string>) => startProcess(resolve('dist/slicer.js'), folder, env)
const environmentAt = (port: number) => ({
  ...google.environments.slicer,
  TMPDIR: folder,
  PORT: String(port),
  SLICER_URL: `http://127.0.0.1:${port}`,
  BFF_URL: marketplace.bffUrl,
  CWS_URL: marketplace.cwsUrl,
  TOPIC_SLICING_RESULTS: `${cloud.environment}-slicing-results`,
  STORAGE_API_ENDPOINT: google.storageUrl,
  GOOGLE_JWKS_URL: google.jwksUrl,
  GOOGLE_ISSUER: google.issuer,
  PUSH_SERVICE_ACCOUNT: accounts.push,
  BFF_SERVICE_ACCOUNT: accounts.bff,
  ENGINE_CHILD: engine.path,
  MODEL_CHILD: resolve('dist/slicer-open.js'),
  SLICER_ALLOW_UNSANDBOXED: '1',
})
const { slicer, environment } = await startSlicer()
const url = environment.SLICER_URL
await setUpTopics(google.pubsubHost, { bff: marketplace.bffUrl, slicer: url })

test.after(async () => {
  await slicer.stop()
  await marketplace.close()
  await close()
  engine.remove()
  rmSync(folder, { recursive: true, force: true })
})

test('a message on slicing-jobs becomes a message on slicing-results, and plaintext reaches neither disk nor log', async () => {
  const start = `M117 ${canary}\nM104 S0\nPRINT_START EXTRUDER=220`
  const profile = testProfile()
  const { job, psek, started } = await makeJob(google, marketplace, asciiStl(box(10, 10, 2), canary), {
    ...profile,
    machine_settings: { ...profile.machine_settings, machine_start_gcode: start },
  })
  await publishJob(job)
  const seen = new Set<string>()
  const watch = setInterval(() => {
    try {
      for (const file of filesUnder(folder)) seen.add(file)
    } catch (error) {
      // A folder of an engine went away while it was read; the next look is in 20 ms.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }, 20)
  await until(() => marketplace.results.length > 0).finally(() => clearInterval(watch))

  const result = marketplace.results[0]
  if (result?.outcome !== 'sliced') throw new Error(JSON.stringify(result))
  const storage = googleStorage({ projectId, apiEndpoint: google.storageUrl })
  const sealed = await storage.read(started.gcode_gcs_uri, { maxBytes: 1e9, signal: new AbortController().signal })
  const { gcode } = await openSealed(sealed, result.psek_encrypted_gcode_dek, psek)
  assert.ok(gcode.includes(canary), 'the canary was in the model and in the G-code')

  assert.equal([...seen], [], 'no file was made where it works')
  assert.not.ok(sealed.includes(canary))
  assert.not.match(slicer.output(), canary)
  const tokens = [marketplace.grant, started.kek_encrypted_psek, psek.toString('base64')]
  for (const secret of tokens) assert.not.ok(slicer.output().includes(secret))
})

test('a message that comes twice is done under another lease, into another object', async () => {
  const { job, started } = await makeJob(google, marketplace, asciiStl(box(10, 10, 1)), testProfile())
  const before = marketplace.results.length
  google.faults.pushAnswersToDrop = 1
  await publishJob(job)
  await until(() => marketplace.results.length >= before + 2)
  const results = marketplace.results.slice(before)
  assert.is(results[0]?.lease_id, started.lease_id)
  for (const result of results) {
    if (result.outcome !== 'sliced') throw new Error(JSON.stringify(result))
    assert.match(result.gcode_gcs_uri, result.lease_id, 'the marketplace tells by the lease which one counts')
  }
})

test('the marketplace has a model inspected', async () => {
  const model = await storeModel(google, marketplace, asciiStl(box(20, 10, 5)))
  const answer = await post('/inspect', { ...model, cws_token: marketplace.grant })
  const seen = inspectResponse.parse(await answer.json())
  assert.equal(seen.dimensions_mm, { x: 20, y: 10, z: 5 })
  assert.is(seen.triangles, 12)
  assert.ok(Math.abs(seen.volume_mm3 - 1000) < 0.01)
  assert.is(Buffer.from(seen.thumbnail, 'base64').toString('latin1', 1, 4), 'PNG')
})

test('what is wrong with an inspected model is a problem with its code', async () => {
  const model = await storeModel(google, marketplace, Buffer.from('solid nothing\nendsolid nothing\n'))
  const answer = await post('/inspect', { ...model, cws_token: marketplace.grant })
  assert.is(answer.status, 422)
  assert.is((await problem(answer)).code, 'stl_empty')
  const tampered = await post('/inspect', { ...model, stl_mac: 'AAAA', cws_token: marketplace.grant })
  assert.is((await problem(tampered)).code, 'model_corrupt')
  const noGrant = await post('/inspect', { ...model, cws_token: 'another' })
  assert.is(noGrant.status, 401)
})

test('only the marketplace may inspect and slice, and only Pub/Sub may push', async () => {
  for (const [path, wrong] of [
    ['/inspect', accounts.push],
    ['/slice', accounts.push],
    ['/pubsub/slicing-jobs', accounts.bff],
  ] as const) {
    assert.is((await post(path, {}, wrong)).status, 403, path)
    const bare = await fetch(url + path, { method: 'POST', body: '{}' })
    assert.is((await problem(bare)).code, 'unauthenticated')
    const elsewhere = await post(path, {}, accounts.bff, 'http://another.service')
    assert.is(elsewhere.status, 401, `${path} for another audience`)
  }
})

test('what is no job, no request or no JSON is refused', async () => {
  assert.is((await problem(await post('/slice', { purchase_id: 'x' }))).code, 'invalid_input')
  assert.is((await problem(await post('/inspect', []))).code, 'invalid_input')
  assert.is((await problem(await post('/pubsub/slicing-jobs', { message: 1 }, accounts.push))).code, 'invalid_input')
  const headers = await authorization(accounts.bff, url)
  const notJson = await fetch(`${url}/slice`, { method: 'POST', headers, body: '{' })
  assert.is((await problem(notJson)).code, 'bad_request')
  // What costs more than its size is refused before it is parsed, and a stranger's unread.
  for (const body of ['['.repeat(100_000), `[${'1,'.repeat(100_000)}1]`]) {
    const expensive = await fetch(`${url}/inspect`, { method: 'POST', headers, body })
    assert.is((await problem(expensive)).code, 'invalid_input')
    const stranger = await fetch(`${url}/inspect`, { method: 'POST', body })
    assert.is((await problem(stranger)).code, 'unauthenticated')
  }
})

test('anyone may ask whether it lives, and which engines it has', async () => {
  for (const path of ['/livez', '/readyz']) assert.is((await fetch(url + path)).status, 200)
  const { engines } = engineListResponse.parse(await (await fetch(`${url}/engines`)).json())
  assert.equal(
    engines.map(({ name, default: isDefault, license, source_url }) => [name, isDefault, license, source_url]),
    [
      ['three', true, 'AGPL-3.0-or-later', 'https://github.com/kimgh06/Three_Slicer'],
      ...(existsSync(prusaProgram)
        ? [['prusa', false, 'AGPL-3.0-only', 'https://github.com/prusa3d/PrusaSlicer']]
        : []),
    ],
  )
  for (const { ignores } of engines) {
    assert.ok(ignores.includes('post_process') && !ignores.includes('wall_loops') && !ignores.includes('layer_height'))
  }
})

test('with the variables of Cloud Run it listens where the platform reaches it, and says where', async () => {
  const reachable = start({ ...environment, PORT: '0', K_SERVICE: 'slicer' })
  await until(() => reachable.output().includes('the slicer listens at http://0.0.0.0:'))
  await reachable.stop()
})

test('a configuration that cannot work is told, all of it at once', async () => {
  const { CWS_URL: _, ...incomplete } = environment
  const failing = start({ ...incomplete, PORT: 'none', SLICER_ENGINE: 'cura' })
  assert.is.not(await failing.ended, 0)
  for (const name of ['CWS_URL', 'PORT', 'SLICER_ENGINE']) assert.match(failing.output(), name)
  const engineless = start({ ...environment, PORT: '0', ENGINE_CHILD: '/nowhere/three.js' })
  assert.is.not(await engineless.ended, 0)
  assert.match(engineless.output(), 'ENGINE_CHILD: there is no /nowhere/three.js')
})

test('killed in a job, its engine goes with it; the message comes again, and there is one result', async () => {
  const { job, started } = await makeJob(google, marketplace, binaryStl(ball(30, 60)), testProfile())
  const { progress } = marketplace.state
  const told = progress.length
  await publishJob(job)
  await until(() => progress.slice(told).some(({ step }) => step === 'slice') && isRunning(engine.path))
  slicer.child.kill('SIGKILL')
  await slicer.ended
  await until(() => !isRunning(engine.path))
  const again = start(environment)
  const resultsOfIt = () => marketplace.results.filter(result => result.preparation_id === started.preparation_id)
  await until(() => resultsOfIt().length > 0, 60_000)
  assert.equal(
    resultsOfIt().map(result => result.outcome),
    ['sliced'],
  )
  await again.stop()
})

test.run()

/** Its address is in its own configuration, so the port is chosen before it starts: again, when another program was faster. */
async function startSlicer() {
  for (;;) {
    const environment = environmentAt(await freePort())
    const slicer = start(environment)
    await until(() => /the slicer listens|EADDRINUSE/.test(slicer.output()))
    if (!slicer.output().includes('EADDRINUSE')) return { slicer, environment }
    await slicer.ended
  }
}

async function publishJob(job: SlicingJob): Promise<void> {
  const pubsub = new PubSub({ projectId })
  await pubsub.topic(`${cloud.environment}-slicing-jobs`).publishMessage({ json: job })
  await pubsub.close()
}

async function authorization(account: string, audience: string): Promise<Record<string, string>> {
  return { authorization: `Bearer ${await google.issueIdToken(account, audience)}`, 'content-type': 'application/json' }
}

async function post(path: string, body: unknown, account: string = accounts.bff, audience = url): Promise<Response> {
  const headers = await authorization(account, audience)
  return fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })
}

async function problem(answer: Response): Promise<{ code: string }> {
  return (await answer.json()) as { code: string }
}
