import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { de } from '../../../edge/ui/i18n/de/index.ts'
import { en } from '../../../edge/ui/i18n/en/index.ts'
import { createTranslations, languageOf, regionalTag } from '../../../edge/ui/i18n/index.ts'
import { securityEvents } from '../../../schema/page/answers.ts'
import { factCodes } from '../../../schema/page/state.ts'

const test = suite("languages of the printer's page")
const english = flat(en)
const german = flat(de)

/** Every text by its key, such as "print.states.ready". */
function flat(messages: object, prefix = ''): Map<string, string> {
  return new Map(
    Object.entries(messages).flatMap(([name, value]) =>
      typeof value === 'string' ? [[prefix + name, value] as const] : [...flat(value, `${prefix}${name}.`)],
    ),
  )
}

const placeholders = (text: string) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))].sort()

test('German says everything that English says, with the same values in it', () => {
  assert.equal([...german.keys()], [...english.keys()])
  for (const [key, text] of english) {
    const other = german.get(key) ?? ''
    assert.equal(placeholders(other), placeholders(text), key)
    assert.is(other.split(' | ').length, text.split(' | ').length, `${key}: singular and plural`)
  }
})

test("dates and numbers are written as in the person's region", () => {
  assert.is(regionalTag('en', ['de-AT', 'en-GB', 'en-US']), 'en-GB')
  assert.is(regionalTag('de', ['de-AT', 'en-GB']), 'de-AT')
  assert.is(regionalTag('de', ['fr', 'den']), 'de')
  const { i18n, choose } = createTranslations(
    ['fr-FR', 'en-GB'],
    () => ({ getItem: () => null, setItem() {} }) as never,
  )
  assert.is(i18n.global.locale.value, 'en-GB')
  assert.is(i18n.global.t('common.close'), en.common.close)
  choose('de')
  assert.is(i18n.global.t('common.close'), de.common.close)
  assert.ok(i18n.global.te('common.close'))
  assert.is(languageOf([i18n.global.locale.value]), 'de')
})

test('no text is HTML, and none has a sign that vue-i18n reads as code', () => {
  for (const [key, text] of [...english, ...german]) {
    assert.not.match(text, /[<>@]/, key)
    assert.ok(text.trim() === text && text !== '', key)
  }
})

test('every text that the page asks for is there', () => {
  const folder = 'edge/ui'
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => /\.(vue|ts)$/.test(name))
  const prefixes = [...english.keys()]
  for (const file of files) {
    const source = readFileSync(join(folder, file), 'utf8')
    for (const [, key] of source.matchAll(/\bt\(\s*'([\w.]+)'/g)) assert.ok(english.has(key!), `${file}: ${key}`)
    for (const [, start] of source.matchAll(/\bt\(\s*`([\w.]+)\$\{/g)) {
      assert.ok(
        prefixes.some(key => key.startsWith(start!)),
        `${file}: ${start}...`,
      )
    }
  }
})

test('every code of a connection and every event of the security log has its words', () => {
  for (const [fact, codes] of Object.entries(factCodes)) {
    for (const code of codes) assert.ok(english.has(`connections.${fact}.${code}.text`), `${fact} ${code}`)
  }
  for (const event of securityEvents) assert.ok(english.has(`security.events.${event}`), event)
})

test.run()
