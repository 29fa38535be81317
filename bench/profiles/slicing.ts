/** Slices a model with the profile of each machine, as a job does, several at a time. */
import { availableParallelism } from 'node:os'
import { readProfile } from '../../slicer/profiles/profile.ts'
import type { Machine } from '../../test/make/slicer/machines.ts'
import { sample } from '../../test/make/slicer/models.ts'
import { sliceWhole } from '../../test/make/slicer/slice.ts'
import { bundle, makeThree, sliceable } from '../../test/make/slicer/three.ts'

const model = 'objects/gearwheel.bin.stl'
/** Of one slice: this one takes seconds, and a machine that does other work must not fail it. */
const timeoutSeconds = 300

/** Answers, for each machine in its order, why its G-code was refused; null where it passed the output check. */
export async function refusalsOf(machines: readonly Machine[], onDone: () => void): Promise<(string | null)[]> {
  const { path, remove } = await bundle('slicer/engines/three-child.ts')
  try {
    const engine = await makeThree(path, { timeoutSeconds })
    const gear = sliceable(sample(model))
    const refusals: (string | null)[] = machines.map(() => null)
    const waiting = machines.entries()
    const workers = Array.from({ length: availableParallelism() }, async () => {
      for (const [i, { profile }] of waiting) {
        refusals[i] = await messageOf(async () => sliceWhole(engine, gear, readProfile(profile)))
        onDone()
      }
    })
    await Promise.all(workers)
    return refusals
  } finally {
    remove()
  }
}

/** The message of what `work` throws, null when it throws nothing. */
export async function messageOf(work: () => unknown): Promise<string | null> {
  try {
    await work()
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
