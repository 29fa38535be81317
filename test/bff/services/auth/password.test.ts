import { randomBytes, scryptSync } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hashPassword, noPassword, verifyPassword } from '../../../../bff/services/auth/password.ts'

const test = suite('passwords')

test('only the password that was hashed matches, in any form of its letters', async () => {
  const hash = await hashPassword('Grüße, 12345', randomBytes)
  assert.ok(await verifyPassword('Grüße, 12345', hash))
  assert.ok(await verifyPassword('Gru\u0308ße, 12345', hash))
  assert.not.ok(await verifyPassword('grüße, 12345', hash))
  assert.is.not(await hashPassword('Grüße, 12345', randomBytes), hash, 'each hash has its own salt')
})

test('a hash that was made at another cost still matches', async () => {
  const salt = randomBytes(16)
  const [N, r, p] = [2 ** 15, 8, 3]
  const key = scryptSync('long enough', salt, 32, { N, r, p, maxmem: 2 ** 26 })
  const hash = ['scrypt', N, r, p, salt.toString('base64'), key.toString('base64')].join('$')
  assert.ok(await verifyPassword('long enough', hash))
  assert.not.ok(await verifyPassword('another one', hash))
})

test('the hash of an unknown account matches nothing', async () => {
  for (const password of ['', '\0', 'A', 'password']) assert.not.ok(await verifyPassword(password, noPassword))
  assert.not.ok(await verifyPassword('x', 'none: cannot log in'))
})

test.run()
