import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite('the guide has every message of install.sh and of the doctor')
const guide = readFileSync('docs/installation.md', 'utf8')

/** What stands for a value in a message. */
const value = '\u2026'

/** The messages in a column of a table: "a / b", with ... for a value. What is in parentheses is no message. */
function messagesOfTable(heading: string, column: number): string[] {
  const section = guide.split(/^## /m).find(text => text.startsWith(heading)) ?? ''
  const rows = section.split('\n').filter(line => line.startsWith('| ') && !/^\| (message|check) \|/.test(line))
  return rows
    .flatMap(row => (row.split(' | ')[column] ?? '').replace(/^\| /, '').split(' / '))
    .filter(text => !text.startsWith('('))
}

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
const patternOf = (text: string) =>
  new RegExp(
    text
      .split('...')
      .map(part => escaped(part.trim()))
      .join('.*'),
  )

function compare(messages: string[], written: string[]) {
  const patterns = written.map(patternOf)
  assert.ok(messages.length > 20, `only ${messages.length} messages were found in the sources`)
  assert.equal(
    messages.filter(message => !patterns.some(pattern => pattern.test(message))),
    [],
    'messages without a row in the guide',
  )
  assert.equal(
    written.filter((_, index) => !messages.some(message => patterns[index]?.test(message))),
    [],
    'rows of the guide that are no message',
  )
}

/** The text of a string of the shell from behind its first quotation mark on, with … for what is replaced in it. */
function shellText(source: string, from: number): string {
  let text = ''
  for (let at = from; source[at] !== '"'; at++) {
    if (source[at] === '\\') text += source[++at]
    else if (source[at] === '$') {
      text += value
      at = endOfExpansion(source, at + 1)
    } else text += source[at]
  }
  return text
}

/** The place of the last character of $NAME, ${...}, $(...) or $((...)), where `at` is behind the $. */
function endOfExpansion(source: string, at: number): number {
  const [open, close] = { '(': ['(', ')'], '{': ['{', '}'] }[source[at] ?? ''] ?? []
  if (!open) return at + (/^(\w+)/.exec(source.slice(at))?.[1]?.length ?? 1) - 1
  let depth = 0
  for (; ; at++) {
    if (source[at] === open) depth++
    else if (source[at] === close && --depth === 0) return at
  }
}

test('of install.sh', () => {
  const files = [
    'install.sh',
    ...readdirSync('installer').flatMap(name => (/\.sh$/.test(name) ? join('installer', name) : [])),
  ]
  const messages = files.flatMap(file => {
    const source = readFileSync(file, 'utf8')
    const calls = source.matchAll(/^(?!\s*#).*?\b(?:fail|warn|refuse|refuse_host|usage_error|later) "/gm)
    return [...calls].map(call => shellText(source, call.index + call[0].length))
  })
  compare(messages, messagesOfTable('Messages', 0))
})

const literal = /`[^`]*`|'[^']*'|"[^"]*"/.source

test('of the doctor', () => {
  const folder = 'edge/cli/doctor'
  const judges = readdirSync(folder).filter(name => name.startsWith('judge-'))
  const messages = judges.flatMap(name => {
    const source = readFileSync(join(folder, name), 'utf8')
    const calls = source.matchAll(new RegExp(String.raw`\b(?:problem|warning)\(\s*'\w+',\s*(${literal}|text)`, 'g'))
    return [...calls].flatMap(call => {
      if (call[1] !== 'text') return [call[1] ?? '']
      // Told by the marketplace or by the reading of lmnt-edge.cfg when there is none.
      const known = [
        ...source.slice(0, call.index).matchAll(new RegExp(`const text =\\s*(${literal})|^function `, 'gm')),
      ]
      return known.at(-1)?.[1] ?? []
    })
  })
  const texts = messages.map(text => text.slice(1, -1).replaceAll(/\$\{[^}]*(\}|$)/g, value))
  compare(texts, messagesOfTable('When something', 1))
})

test.run()
