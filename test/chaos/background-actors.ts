import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { GaveUp, noteEnd } from './marketplace.ts'
import type { BackgroundAct, Plan } from './plan.ts'
import type { Population, Publication } from './population.ts'
import { publish } from './publish.ts'
import { runNode } from './run-node.ts'
import type { World } from './world.ts'

const againMs = 500
/** Output of the operator's command that ends the repetition. */
const isOver = { refund: / is settled |purchase_not_active/, replay: /./ }

/** Does an act at its time. Repeats it until its result is known or the time limit is over. */
export async function runBackgroundAct(
  world: World,
  population: Population,
  { atMs, act }: Plan['background'][number],
  patienceMs: number,
): Promise<void> {
  const until = performance.now() + patienceMs
  await sleep(atMs)
  const who = act.do === 'publish' ? 'designer' : 'operator'
  await noteEnd(world.trace, `${who} ${act.do}`, () => doAct(world, population, act, until))
}

async function doAct(world: World, population: Population, act: BackgroundAct, until: number): Promise<string> {
  if (act.do === 'publish') {
    const publication: Publication = { title: `Tile of ${population.stamp}`, model: null }
    population.publications.push(publication)
    publication.model = await publish(await world.designer(until), { title: publication.title, prints: 2 })
    return publication.model.model_id
  }
  if (act.do === 'replay') return operate(world, ['replay', '--all'], act, until)
  const purchase = population.people[act.person]?.purchases.at(-1)
  if (!purchase) return 'there is nothing to refund'
  return operate(world, ['refund', purchase, '--reason', 'chaos'], act, until)
}

/** Runs the operator's command until it reports a result. The first run is killed when the plan says so. */
async function operate(
  { folders, stack }: World,
  words: string[],
  act: Exclude<BackgroundAct, { do: 'publish' }>,
  until: number,
): Promise<string> {
  for (let killAfterMs = act.killAfterMs; ; killAfterMs = null) {
    // Variables of this process go before those of the file.
    const env = stack.google.environments.operator!
    const args = ['--env-file', join(folders.data, 'operator.env'), 'dist/bff-operator.js', ...words]
    const output = await runNode(args, { killAfterMs, env })
    if (isOver[act.do].test(output)) return output
    if (performance.now() > until) throw new GaveUp(output.split('\n', 1)[0] ?? '')
    await sleep(againMs)
  }
}
