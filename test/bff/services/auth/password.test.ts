import { randomBytes, scryptSync } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { refuseTestSettings, serviceConfig } from '../../../../bff/config.ts'
import { hashPassword, noPassword, verifyPassword } from '../../../../bff/services/auth/password.ts'
import { usualCost } from '../../../../bff/settings.ts'

const test = suite('passwords')

test('only the password that was hashed matches, in any form of its letters', async () => {
  const hash = await hashPassword('Grüße, 12345', { random: randomBytes, cost: usualCost })
  assert.ok(await verifyPassword('Grüße, 12345', hash))
  assert.ok(await verifyPassword('Gru\u0308ße, 12345', hash))
  assert.not.ok(await verifyPassword('grüße, 12345', hash))
  assert.is.not(
    await hashPassword('Grüße, 12345', { random: randomBytes, cost: usualCost }),
    hash,
    'each hash has its own salt',
  )
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
  for (const password of ['', '\0', 'A', 'password'])
    assert.not.ok(await verifyPassword(password, noPassword(usualCost)))
  assert.not.ok(await verifyPassword('x', 'none: cannot log in'))
})

test('the cost of a new hash is what the configuration says, and on a real network no less than usual', async () => {
  const hash = await hashPassword('long enough', { random: randomBytes, cost: 1 })
  assert.match(hash, /^scrypt\$2\$8\$5\$/)
  assert.ok(await verifyPassword('long enough', hash))
  assert.is(noPassword(usualCost).split('$')[1], String(2 ** 14))
  const real = { LEDGER_NETWORK: 'mainnet', TIME_SCALE: 1 } as const
  for (const cost of [usualCost, 20]) refuseTestSettings({ ...real, PASSWORD_COST: cost })
  assert.throws(() => refuseTestSettings({ ...real, PASSWORD_COST: usualCost - 1 }), /PASSWORD_COST: is at least 14/)
  assert.throws(() => refuseTestSettings({ ...real, TIME_SCALE: 2, PASSWORD_COST: usualCost }), /TIME_SCALE/)
  refuseTestSettings({ LEDGER_NETWORK: 'local', TIME_SCALE: 2, PASSWORD_COST: 1 })
  assert.is(serviceConfig.shape.PASSWORD_COST.parse(undefined), usualCost)
})

test.run()
