/**
 * How long a new process of bff, cws and slicer takes to its first answer at /livez, and to its first answer to somebody with a token,
 * beside Node alone with a server that answers. The rest of the local stack runs already. All four alternate. Bars, for the bff: 0.4 and
 * 1.5 s. `--rounds N`.
 */
import { parseArgs } from 'node:util'
import { build } from '../local/build.ts'
import { createApi } from '../local/demo/api.ts'
import { people } from '../local/demo/sample.ts'
import { cloud } from '../local/stack/cloud.ts'
import { environments } from '../local/stack/environments.ts'
import type { Stack } from '../local/stack/stack.ts'
import type { SessionResponse } from '../schema/http/auth.ts'
import { makeStack } from '../test/make/stack.ts'
import { type Ask, type Started, timeStart } from './coldstart/start.ts'
import type { Figures } from './report/result.ts'
import { median, range, round } from './report/statistics.ts'

export const bars = { livez_seconds: { atMost: 0.4 }, authenticated_seconds: { atMost: 1.5 } }

export async function run(args: string[]): Promise<Figures> {
  const { values } = parseArgs({ args, options: { rounds: { type: 'string', default: '7' } } })
  const rounds = Number(values.rounds)
  await build()
  const { stack, close } = await makeStack()
  try {
    const env = environments(stack)
    const session = await createApi(stack.urls.bff).post<SessionResponse>('/api/auth/register', people.enthusiast)
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
    // An empty body is refused after the token.
    const post = async (path: string, audience: string): Promise<Ask> => ({
      method: 'POST',
      path,
      headers: { ...bearer(await idToken(stack, audience)), 'content-type': 'application/json' },
      status: 400,
    })
    const starts: Record<string, () => Promise<Started>> = {
      node: () => timeStart('bench/coldstart/bare.mjs', {}),
      bff: () =>
        timeStart('dist/bff.js', env.bff, {
          method: 'GET',
          path: '/api/purchases',
          headers: bearer(session.access_token),
          status: 200,
        }),
      cws: async () => timeStart('dist/cws.js', env.cws, await post('/ops/encrypt-data', stack.urls.cws)),
      slicer: async () => timeStart('dist/slicer.js', env.slicer, await post('/check-profile', stack.urls.slicer)),
    }
    const times: Record<string, Started[]> = { node: [], bff: [], cws: [], slicer: [] }
    for (let round = 0; round < rounds; round++) {
      for (const [name, start] of Object.entries(starts)) times[name]?.push(await start())
    }
    const { bff, cws, slicer, node } = Object.fromEntries(
      Object.entries(times).map(([name, started]) => [name, describe(started)]),
    )
    return {
      ...bff,
      cws,
      slicer,
      node_alone: { seconds: node?.livez_seconds, cpu_seconds: node?.livez_cpu_seconds },
      rounds,
    }
  } finally {
    await close()
  }
}

function describe(started: Started[]) {
  const livez = started.map(({ livezSeconds }) => livezSeconds)
  const authenticated = started.map(({ authenticatedSeconds }) => authenticatedSeconds)
  return {
    livez_seconds: round(median(livez), 3),
    livez_cpu_seconds: round(median(started.map(({ livezCpuSeconds }) => livezCpuSeconds)), 3),
    livez_seconds_range: range(livez, 3),
    authenticated_seconds: round(median(authenticated), 3),
    authenticated_seconds_range: range(authenticated, 3),
  }
}

/** An ID token of the marketplace's account, as its process gets one from the metadata server. */
async function idToken({ google }: Stack, audience: string): Promise<string> {
  const host = google.metadataHosts.bff
  const path = '/computeMetadata/v1/instance/service-accounts/default/identity'
  const answer = await fetch(`http://${host}${path}?audience=${encodeURIComponent(audience)}`, {
    headers: { 'metadata-flavor': 'Google' },
  })
  if (!answer.ok) throw new Error(`The metadata server gave no ID token for ${cloud.accounts.bff}: ${answer.status}.`)
  return answer.text()
}
