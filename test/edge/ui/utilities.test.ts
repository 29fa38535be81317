import { readdirSync, readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite("the utility classes of the printer's page")

/** The class names that a stylesheet has rules for. */
const namesIn = (css: string) => new Set([...css.matchAll(/\.(-?[a-z_][\w-]*)/gi)].map(([, name]) => name))

test('templates use no utility class of Vuetify that the page leaves out', () => {
  const templates = readdirSync('edge/ui', { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.vue'))
  const used = templates.flatMap(name =>
    [...readFileSync(`edge/ui/${name}`, 'utf8').matchAll(/\bclass="([^"]+)"/g)].flatMap(([, names]) =>
      names!.split(/\s+/),
    ),
  )
  const offered = namesIn(readFileSync('node_modules/vuetify/lib/styles/main.css', 'utf8'))
  const kept = namesIn(readFileSync('edge/ui/styles/utilities.css', 'utf8'))
  assert.ok(used.includes('mb-4') && offered.has('mb-4'))
  assert.equal([...new Set(used.filter(name => offered.has(name) && !kept.has(name)))], [])
})

test.run()
