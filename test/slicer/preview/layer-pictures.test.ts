import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createIntake } from '../../../slicer/assemble/intake.ts'
import { createLayerPictures, type LayerPicture } from '../../../slicer/preview/layer-pictures.ts'
import { maxPictureBytes } from '../../../slicer/preview/line-canvas.ts'
import { readKind } from '../../../slicer/preview/line-kind.ts'
import { readProfile } from '../../../slicer/profiles/profile.ts'
import { layerBody, squareBody } from '../../make/slicer/body.ts'
import { coverage, type Decoded, decodePng, opacityAt } from '../../make/slicer/png.ts'
import { testProfile } from '../../make/slicer/profiles.ts'

const test = suite('the pictures of layers')
const profile = readProfile(testProfile())
const lineWidth = 0.4

test('a square of 20 mm is a square in the middle, with nothing in it and nothing around it', async () => {
  const drawn = await draw(squareBody(40))
  assert.equal(
    drawn.map(({ layer }) => layer),
    [0, 6, 11, 17, 22, 28, 33, 39],
  )
  assert.equal([drawn[0]?.z, drawn.at(-1)?.z], [0.2, 8])
  for (const { png } of drawn) {
    const picture = decodePng(png)
    assert.equal([picture.width, picture.height], [256, 256])
    // 94 % of the picture: from 8 to 248.
    for (const [x, y] of [
      [8, 128],
      [247, 128],
      [128, 8],
      [128, 247],
    ] as const)
      assert.ok(isNear(picture, x, y), `${x} ${y}`)
    for (const [x, y] of [
      [128, 128],
      [20, 20],
      [2, 128],
      [253, 128],
    ] as const)
      assert.not.ok(isNear(picture, x, y))
    assert.ok(coverage(picture) > 0.03 && coverage(picture) < 0.08, String(coverage(picture)))
  }
})

test('only what is laid is drawn, up is where Y grows, and all layers have the frame of the whole print', async () => {
  const wide = `G0 X60 Y110\nG1 X160 Y110 E3\nG0 X100 Y60\nG0 X110 Y160\n`
  const [first, second] = (await draw(layerBody(0, wide) + layerBody(1, 'G0 X110 Y115\nG1 X110 Y120 E1\n'))).map(
    ({ png }) => decodePng(png),
  ) as [Decoded, Decoded]
  assert.ok(isNear(first, 10, 128) && isNear(first, 245, 128), 'from side to side')
  assert.not.ok(isNear(first, 118, 200), 'a travel')
  assert.not.ok(isNear(second, 10, 128))
  // 2.4 pixels a mm: 7.5 mm above the middle.
  assert.ok(isNear(second, 128, 128 - 18))
  assert.not.ok(isNear(second, 128, 128 + 18))
})

test('arcs are round, and walls, infill and supports have colours of their own, from layer to layer', async () => {
  const circle = ';TYPE:Outer wall\nG0 X105 Y110\nG2 X105 Y110 I5 J0 E2\n;TYPE:Sparse infill\n'
  const drawn = (await draw(layerBody(0, circle) + layerBody(1))).map(({ png }) => decodePng(png)) as [Decoded, Decoded]
  const [round, after] = drawn
  assert.ok(isNear(round, 128, 128 - 60) && isNear(round, 128 + 60, 128) && isNear(round, 128 + 42, 128 + 42))
  const walls = colourNear(round, 128, 128 - 60)
  assert.not.equal(walls, colourNear(round, 8, 128))
  assert.not.equal(walls, colourNear(after, 8, 128))
  assert.not.equal(colourNear(round, 8, 128), colourNear(after, 8, 128))
})

test('the kinds of line are those that engines name', () => {
  const kinds = {
    'outer-wall': ['Outer wall', 'External perimeter', 'Overhang wall', 'Overhang perimeter'],
    wall: ['Inner wall', 'Perimeter'],
    solid: ['Top surface', 'Solid infill', 'Internal Bridge', 'Ironing', 'Bottom surface', 'Internal solid infill'],
    infill: ['Sparse infill', 'Internal infill', 'Gap infill', 'Gap fill'],
    support: ['Support', 'Support material interface'],
    skirt: ['Skirt', 'Skirt/Brim', 'Prime tower', 'Wipe tower'],
    other: ['Custom', ''],
  }
  for (const [kind, types] of Object.entries(kinds)) {
    for (const type of types) assert.is(readKind(`;TYPE:${type}`), kind, type)
  }
})

test('the bytes pass by unchanged, and may be cut anywhere', async () => {
  const body = squareBody(9, n => `;TYPE:Top surface\nG0 X${105 + n} Y110\nG3 X${106 + n} Y110 I0.5 J0 E1\n`)
  const whole = await draw(body)
  for (const pieceSize of [1, 7, 1000]) {
    const cut = await draw(body, pieceSize)
    assert.ok(
      cut.every(({ png }, index) => png.equals(whole[index]?.png as Buffer)),
      `in pieces of ${pieceSize}`,
    )
  }
})

test('a layer of half a million lines over each other is drawn in bounded time and bytes', async () => {
  const scribble = Array.from({ length: 500_000 }, (_, at) => {
    const [x, y] = [100 + ((at * 7919) % 2003) / 100, 100 + ((at * 104_729) % 1999) / 100]
    return `G1 X${x.toFixed(2)} Y${y.toFixed(2)} E1\n`
  })
  const started = process.cpuUsage()
  const drawn = await draw(layerBody(0, scribble.join('')))
  const { user } = process.cpuUsage(started)
  assert.ok(user < 8_000_000, `${user / 1e6} s`)
  assert.ok((drawn[0] as LayerPicture).png.length <= maxPictureBytes)
})

test('a picture that cannot be compressed is drawn half as large', async () => {
  const kinds = ['Outer wall', 'Inner wall', 'Solid infill', 'Sparse infill', 'Support', 'Skirt', 'Custom']
  let random = 1
  const next = (below: number) => {
    random = (random * 48_271) % 2_147_483_647
    return random % below
  }
  const dots = Array.from({ length: 60_000 }, () => {
    const [x, y] = [100 + next(2000) / 100, 100 + next(2000) / 100]
    return `;TYPE:${kinds[next(7)]}\nG0 X${x} Y${y}\nG1 X${x + 0.01} Y${y} E.01\n`
  })
  const [noise] = await draw(layerBody(0, dots.join('')), undefined, 0.01)
  const { width, height } = decodePng(noise?.png as Buffer)
  assert.equal([width, height], [128, 128])
  assert.ok((noise?.png.length as number) <= maxPictureBytes)
})

test('a print of one dot, or of one line, has its picture', async () => {
  for (const y of ['50', '120']) {
    const body = `;LMNT_LAYER n=0 z=0.2 height=0.2\nG1 Z0.2\nG0 X50 Y50\nG1 X50 Y${y} E1\n`
    const [only] = await draw(body)
    assert.ok(coverage(decodePng(only?.png as Buffer)) > 0)
  }
})

test.run()

async function draw(text: string, pieceSize = 100_003, width = lineWidth): Promise<LayerPicture[]> {
  const kept: Buffer[] = []
  const write = async (bytes: Buffer) => void kept.push(Buffer.from(bytes))
  const intake = createIntake({ bed: profile.bed, hasArcs: true, write })
  await intake.add(Buffer.from(text))
  const body = await intake.end()
  const spooled = Buffer.concat(kept)
  const pictures = createLayerPictures(body, width)
  const passed: Buffer[] = []
  for (const layer of body.layers) {
    for await (const piece of pictures.watch(layer, piecesOf(spooled.subarray(layer.from, layer.to), pieceSize))) {
      passed.push(Buffer.from(piece))
    }
  }
  assert.ok(Buffer.concat(passed).equals(spooled))
  return pictures.pictures()
}

async function* piecesOf(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** Whether anything is drawn within two pixels. */
function isNear(picture: Decoded, x: number, y: number): boolean {
  return pixelsNear(x, y).some(([x, y]) => opacityAt(picture, x, y) > 0)
}

/** Red, green and blue of what is most opaque there. */
function colourNear(picture: Decoded, x: number, y: number): number[] {
  const [best] = pixelsNear(x, y).sort((a, b) => opacityAt(picture, ...b) - opacityAt(picture, ...a)) as [
    [number, number],
  ]
  const at = (best[1] * picture.width + best[0]) * 4
  return [...picture.rgba.subarray(at, at + 3)]
}

function pixelsNear(x: number, y: number): [number, number][] {
  const steps = [-2, -1, 0, 1, 2]
  return steps.flatMap(dx => steps.map((dy): [number, number] => [x + dx, y + dy]))
}
