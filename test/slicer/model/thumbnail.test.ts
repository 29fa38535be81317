import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parsePlain } from '../../../slicer/model/parse.ts'
import { drawIcon, drawThumbnail } from '../../../slicer/model/thumbnail.ts'
import { binaryStl, box, sample, type Triangle } from '../../make/slicer/models.ts'
import { coverage, type Decoded, decodePng, opacityAt } from '../../make/slicer/png.ts'

const test = suite('thumbnails')

test('a gear is drawn large and small, each in its own size', () => {
  const gear = parsePlain(sample('objects/gearwheel.bin.stl'))
  const [picture, icon] = [decodePng(drawThumbnail(gear, 'isometric')), decodePng(drawIcon(gear))]
  assert.equal([picture.width, picture.height], [300, 300])
  assert.equal([icon.width, icon.height], [32, 32])
  assert.ok(coverage(icon) > 0.3, 'the icon is mostly the gear')
  // The hole in its middle shows the far wall of the bore, darker than the top.
  assert.ok(blueAt(picture, 150, 130) < blueAt(picture, 150, 100))
})

test('the large picture keeps a quarter free at the top and at the bottom, for panels that cut it', () => {
  for (const model of [box(20, 20, 20), box(5, 5, 100), box(100, 100, 2)]) {
    const { top, bottom, left, right } = extent(decodePng(drawThumbnail(parsePlain(binaryStl(model)), 'isometric')))
    assert.ok(top >= 74 && bottom <= 225, `rows ${top} to ${bottom}`)
    assert.ok(left >= 36 && right <= 263, `columns ${left} to ${right}`)
    assert.ok(bottom - top >= 147 || right - left >= 222, 'it is as large as it may be')
  }
})

test('the three faces that are seen of a box differ in brightness', () => {
  const picture = decodePng(drawThumbnail(parsePlain(binaryStl(box(20, 20, 20))), 'isometric'))
  const blues = new Set([blueAt(picture, 150, 95), blueAt(picture, 110, 160), blueAt(picture, 180, 170)])
  assert.is(blues.size, 3)
})

test('what is nearer hides what is behind, in whichever order they come', () => {
  const near = box(10, 1, 10, [0, -20, 0])
  const far = box(10, 1, 10, [0, 20, 0])
  const draw = (model: Triangle[]) => drawThumbnail(parsePlain(binaryStl(model)), 'isometric')
  assert.ok(draw([...near, ...far]).equals(draw([...far, ...near])))
})

test('a model made to be slow to draw does not hold the slicer up', () => {
  const huge: Triangle[] = Array.from({ length: 300_000 }, (_, index) => [
    [-50, -50, index / 1e4],
    [50, -50, index / 1e4],
    [0, 50, 30 + index / 1e4],
  ])
  const before = process.cpuUsage()
  drawThumbnail(parsePlain(binaryStl(huge)), 'isometric')
  // CPU time: other test files share the machine.
  assert.ok(process.cpuUsage(before).user < 20_000_000)
})

test.run()

function blueAt({ width, rgba }: Decoded, x: number, y: number): number {
  return rgba[(y * width + x) * 4 + 2] as number
}

function extent(picture: Decoded) {
  const found = { top: Infinity, bottom: -1, left: Infinity, right: -1 }
  for (let y = 0; y < picture.height; y++) {
    for (let x = 0; x < picture.width; x++) {
      if (opacityAt(picture, x, y) === 0) continue
      found.top = Math.min(found.top, y)
      found.bottom = Math.max(found.bottom, y)
      found.left = Math.min(found.left, x)
      found.right = Math.max(found.right, x)
    }
  }
  return found
}
