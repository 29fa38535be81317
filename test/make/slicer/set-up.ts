/** The fixture of slicing jobs: the cloud, the `three` engine, and a slicer for each test (world.ts). */
import type { SlicingResult } from '../../../schema/messages/slicing.ts'
import type { Engine } from '../../../slicer/engines/engine.ts'
import { startCloud } from './cloud.ts'
import { binaryStl, box } from './models.ts'
import { makeThree } from './three.ts'
import { makeWorld, type World } from './world.ts'

export const small = binaryStl(box(10, 10, 1))

/** Starts the cloud and the engine. They and every world are closed after the suite. */
export async function setUpSlicing(test: { after: (hook: () => Promise<void>) => void }) {
  const cloud = await startCloud()
  const engine = await makeThree()
  const opened: World[] = []
  test.after(async () => {
    for (const world of opened) await world.close()
    await cloud.close()
  })

  async function world(changes: { engine?: Engine; leaseSeconds?: number } = {}): Promise<World> {
    const made = await makeWorld(cloud.google, { engine, ...changes })
    opened.push(made)
    return made
  }
  return { cloud, engine, world }
}

export function sliced(result: SlicingResult | undefined): Extract<SlicingResult, { outcome: 'sliced' }> {
  if (result?.outcome !== 'sliced') throw new Error(`not sliced: ${JSON.stringify(result)}`)
  return result
}
