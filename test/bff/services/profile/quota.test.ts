import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createProfile } from '../../../../bff/services/profile/create.ts'
import { printProfiles } from '../../../../schema/db/bff/index.ts'
import { isAppError } from '../../../../schema/http/errors.ts'
import { makeContext } from '../../../make/market.ts'

const test = suite('how many print profiles a user stores')

test('parallel requests cannot exceed the limit; a repeated request gets the first answer', async () => {
  const limit = 3
  const market = await makeContext({ settings: { profilesLimit: limit } })
  try {
    const user = await market.newUser()
    const neighbour = await market.newUser()
    const profile = { name: 'PLA', machine_settings: {}, process_settings: {}, filament: {} }
    const store = (by = user, operation?: string) => createProfile(by.ctx, profile, operation)
    const first = await store(user, 'operation')
    const answers = await Promise.allSettled(Array.from({ length: 10 }, () => store()))
    assert.is(answers.filter(answer => answer.status === 'fulfilled').length, limit - 1)
    for (const answer of answers) {
      if (answer.status === 'rejected') assert.ok(isAppError(answer.reason, 'too_many_requests'), String(answer.reason))
    }
    assert.is(await market.db.$count(printProfiles), limit)
    assert.is((await store(user, 'operation')).print_profile_id, first.print_profile_id)
    assert.ok(await store(neighbour))
  } finally {
    await market.close()
  }
})

test.run()
