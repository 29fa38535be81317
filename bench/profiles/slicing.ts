/** Slices a model with the profile of each machine, as a job does, several at a time. */
import { availableParallelism } from 'node:os'
import { build } from '../../local/build.ts'
import { readProfile } from '../../slicer/profiles/profile.ts'
import type { Machine } from '../../test/make/slicer/machines.ts'
import { sample } from '../../test/make/slicer/models.ts'
import { sliceWhole } from '../../test/make/slicer/slice.ts'
import { makeThree, sliceable } from '../../test/make/slicer/three.ts'

const model = 'objects/gearwheel.bin.stl'
/** Time limit of one slice, which takes seconds: generous, so that a busy machine does not fail it. */
const timeoutSeconds = 300

/** Says of each machine, as soon as it is known, why its G-code was refused; null where it passed the output check. */
export async function sliceForEach(
  machines: readonly Machine[],
  onDone: (machine: Machine, refusal: string | null) => void,
): Promise<void> {
  await build()
  const engine = await makeThree({ timeoutSeconds })
  const gear = sliceable(sample(model))
  const waiting = machines.values()
  const workers = Array.from({ length: availableParallelism() }, async () => {
    for (const machine of waiting) {
      onDone(machine, await messageOf(() => sliceWhole(engine, gear, readProfile(machine.profile))))
    }
  })
  await Promise.all(workers)
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
