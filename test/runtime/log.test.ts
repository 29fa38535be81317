import { DrizzleQueryError } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createLog } from '../../runtime/log.ts'

const test = suite('the log')

/** What a service writes to its standard output while `work` runs. */
function written(work: () => void): string {
  let text = ''
  const write = process.stdout.write
  process.stdout.write = (chunk: string | Uint8Array) => {
    text += chunk
    return true
  }
  try {
    work()
  } finally {
    process.stdout.write = write
  }
  return text
}

test('a failed query is told without its parameters', () => {
  const cause = Object.assign(new Error('invalid byte sequence'), { code: '22021' })
  const error = new DrizzleQueryError('INSERT INTO users VALUES ($1)', ['scrypt$secret-hash'], cause)
  const text = written(() => createLog('test').error({ err: error }, 'request failed'))
  assert.match(text, 'INSERT INTO users')
  assert.match(text, '22021')
  assert.not.match(text, 'secret-hash')
})

test("an error is logged by its class's own name, not the bundler's", () => {
  class _StorageError extends Error {}
  const [error, query] = [new _StorageError('no answer'), new DrizzleQueryError('SELECT 1', [])]
  const text = written(() => createLog('test').error({ err: error }, 'request failed'))
  assert.match(text, '"type":"StorageError"')
  assert.match(text, 'no answer')
  assert.match(text, '"stack":"')
  assert.match(
    written(() => createLog('test').error({ err: query }, 'request failed')),
    '"type":"DrizzleQueryError"',
  )
})

test('fields with the name of a secret are hidden', () => {
  const text = written(() => createLog('test').info({ token: 'tttt', user: { password: 'pppp' } }, 'message'))
  assert.not.match(text, 'tttt')
  assert.not.match(text, 'pppp')
  assert.match(text, '"severity":"INFO"')
})

test.run()
