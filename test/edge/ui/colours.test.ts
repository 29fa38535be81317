import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { contrast, parseColour, readableOn } from '../../../edge/ui/theme/colours.ts'
import { lookFrom } from '../../../edge/ui/theme/host-settings.ts'
import { coloursOf, themeNameOf, themeNames } from '../../../edge/ui/theme/looks.ts'

const test = suite("colours of the printer's page")
const colour = fc.integer({ min: 0, max: 0xffffff }).map(number => `#${number.toString(16).padStart(6, '0')}`)

test('contrast is that of WCAG', () => {
  assert.is(contrast('#000000', '#ffffff'), 21)
  assert.is(contrast('#777777', '#777777'), 1)
  assert.ok(Math.abs(contrast('#2196f3', '#ffffff') - 3.12) < 0.01)
})

test('a colour that can be read stays as it is', () => {
  assert.is(readableOn('#2196f3', ['#121212', '#1e1e1e']), '#2196f3')
})

test("whatever accent colour a host's user has chosen, text in it can be read in every theme", () => {
  fc.assert(
    fc.property(colour, fc.constantFrom(...themeNames), (accent, name) => {
      const colours = coloursOf(name, accent)
      for (const behind of [colours.background, colours.surface, colours.heading]) {
        assert.ok(contrast(colours.primary, behind) >= 4.5)
        assert.ok(contrast(colours.error, behind) >= 4.5)
        assert.ok(contrast(colours.secondary, behind) >= 4.5)
      }
      assert.ok(contrast(colours['on-action'], colours.action) >= 4.5)
      assert.ok(contrast(colours['on-danger'], colours.danger) >= 4.5)
    }),
  )
})

test("a colour from a host's settings is a hexadecimal one, or none", () => {
  assert.is(parseColour(' #2196F3 '), '#2196F3')
  assert.is(parseColour('#2196F3FF'), '#2196F3')
  for (const other of ['red', '#fff', 'url(x)', '#12345g', 7, null, undefined, {}]) assert.is(parseColour(other), null)
})

test("the look follows the host's stored settings, and is dark without any", () => {
  assert.equal(lookFrom('mainsail', null), {
    host: 'mainsail',
    isDark: true,
    primary: null,
  })
  const light = lookFrom('mainsail', { mode: 'light', primary: '#ff0000' })
  assert.equal(light, { host: 'mainsail', isDark: false, primary: '#ff0000' })
  const fluidd = lookFrom('fluidd', { theme: { isDark: false, color: '#00ff00' } })
  assert.equal(fluidd, { host: 'fluidd', isDark: false, primary: '#00ff00' })
  assert.is(themeNameOf(fluidd), 'fluidd-light')
})

test.run()
