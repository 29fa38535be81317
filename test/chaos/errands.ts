import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { GaveUp, noteEnd } from './marketplace.ts'
import type { Errand, Plan } from './plan.ts'
import { publish } from './publish.ts'
import type { Publication, Town } from './town.ts'
import type { World } from './world.ts'

const againMs = 500
/** How the operator's command says that it need not be given again. */
const isOver = { refund: / is settled |purchase_not_active/, replay: /./ }

/** Does an errand when its time has come, and again until it is known how it ended, or the patience is over. */
export async function runErrand(
  world: World,
  town: Town,
  { atMs, errand }: Plan['errands'][number],
  patienceMs: number,
): Promise<void> {
  const until = performance.now() + patienceMs
  await sleep(atMs)
  const who = errand.do === 'publish' ? 'designer' : 'operator'
  await noteEnd(world.trace, `${who} ${errand.do}`, () => doErrand(world, town, errand, until))
}

async function doErrand(world: World, town: Town, errand: Errand, until: number): Promise<string> {
  if (errand.do === 'publish') {
    const publication: Publication = { title: `Tile of ${town.stamp}`, model: null }
    town.publications.push(publication)
    publication.model = await publish(await world.designer(until), { title: publication.title, prints: 2 })
    return publication.model.model_id
  }
  if (errand.do === 'replay') return operate(world, ['replay', '--all'], errand, until)
  const purchase = town.people[errand.person]?.purchases.at(-1)
  if (!purchase) return 'there is nothing to refund'
  return operate(world, ['refund', purchase, '--reason', 'chaos'], errand, until)
}

/** The operator's own command, given again until it tells an end. The first one is killed on its way when the plan says so. */
async function operate(
  { folders }: World,
  words: string[],
  errand: Exclude<Errand, { do: 'publish' }>,
  until: number,
): Promise<string> {
  for (let killAfterMs = errand.killAfterMs; ; killAfterMs = null) {
    const said = await command(
      ['--env-file', join(folders.data, 'operator.env'), 'dist/bff-operator.js', ...words],
      killAfterMs,
    )
    if (isOver[errand.do].test(said)) return said
    if (performance.now() > until) throw new GaveUp(said)
    await sleep(againMs)
  }
}

/** Runs Node so, and gives what it says; an empty text when it was killed. */
function command(words: string[], killAfterMs: number | null): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] })
    const timer = killAfterMs === null ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs)
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', data => (said += data))
    child.once('error', reject)
    child.once('close', (_code, signal) => {
      clearTimeout(timer)
      resolve(signal ? '' : said.trim())
    })
  })
}
