import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { describeApis } from '../../local/openapi/describe.ts'

const test = suite('the descriptions of our HTTP interfaces')
const apis = describeApis()

interface Operation {
  summary?: string
  security?: unknown
  requestBody?: unknown
  responses: Record<string, { description: string }>
}
const operations = Object.entries(apis).flatMap(([name, text]) => {
  const { paths } = JSON.parse(text) as { paths: Record<string, Record<string, Operation>> }
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ what: `${name}: ${method} ${path}`, operation })),
  )
})

test('what is committed is what the code does', () => {
  for (const [name, text] of Object.entries(apis)) {
    const committed = readFileSync(join('docs/openapi', name), 'utf8')
    assert.ok(committed === text, `docs/openapi/${name} is not what the code does: run "npm run openapi"`)
  }
})

test('every operation says in a few words what it does, each in its own', () => {
  assert.ok(operations.length > 35)
  for (const { what, operation } of operations) assert.match(operation.summary ?? '', /^[A-Z].{4,60}[^.]$/, what)
  const summaries = operations.map(({ what, operation }) => `${what.split(':')[0]} ${operation.summary}`)
  assert.is(new Set(summaries).size, summaries.length)
})

test('every status that an operation can answer is described by itself, refusals by their codes', () => {
  for (const { what, operation } of operations) {
    const statuses = Object.keys(operation.responses)
    assert.ok(
      statuses.every(status => /^\d{3}$/.test(status)),
      `${what}: ${statuses}`,
    )
    assert.ok(
      statuses.some(status => status < '300'),
      what,
    )
    assert.ok(statuses.includes('500'), what)
    if (operation.security) assert.ok(statuses.includes('401') && statuses.includes('403'), what)
    if (operation.requestBody)
      assert.ok(
        ['400', '413', '415'].every(status => statuses.includes(status)),
        what,
      )
    for (const [status, { description }] of Object.entries(operation.responses)) {
      if (status >= '400') assert.match(description, /^`[a-z_]+`: [A-Z]/, `${what} ${status}`)
    }
  }
})

test.run()
