import { build } from '../../local/build.ts'
import { sampleProfile } from '../../local/demo/sample.ts'
import { readProfile } from '../../slicer/profiles/profile.ts'
import { ball, binaryStl } from '../../test/make/slicer/models.ts'
import { makeThree, sliceable } from '../../test/make/slicer/three.ts'

const [radiusMm, rings] = [15, 40]

/** The lines of a rippled ball, some 50,000, as our own slicing engine makes them for the sample printer; homing comes first. */
export async function sliceLines(): Promise<string[]> {
  await build()
  const engine = await makeThree()
  const pieces: Buffer[] = []
  await engine.slice(sliceable(binaryStl(ball(radiusMm, rings))), readProfile(sampleProfile), {
    signal: new AbortController().signal,
    onProgress: () => {},
    onGcode: async piece => {
      pieces.push(piece)
    },
  })
  return ['G28', 'G90', 'M83', ...Buffer.concat(pieces).toString().trimEnd().split('\n')]
}
