import { eq } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { prepare } from '../../../../bff/services/preparation/prepare.ts'
import { startPreparation } from '../../../../bff/services/preparation/start.ts'
import { claimPrintJob } from '../../../../bff/services/print-job/claim.ts'
import { requestPrint } from '../../../../bff/services/print-job/request.ts'
import { createProfile } from '../../../../bff/services/profile/create.ts'
import { listProfiles } from '../../../../bff/services/profile/list.ts'
import { removeProfile } from '../../../../bff/services/profile/remove.ts'
import { preparations, printProfiles } from '../../../../schema/db/bff/index.ts'
import { isAppError } from '../../../../schema/http/errors.ts'
import { type Transaction, untilWaiting, whileHeld } from '../../../make/held.ts'
import { hbar, makeMoney } from '../../../make/money.ts'
import { makePrepared } from '../../../make/prepared.ts'
import { emptyBucket, makeBuyer, slicingServices } from '../../../make/slicing.ts'

const test = suite('deleting a print profile')
const market = await makeMoney({
  wakes: true,
  bucket: emptyBucket(),
  settings: { profilesLimit: 2, slicingFees: { hbar: hbar / 10n } },
})
test.after(market.close)
const { slicer } = slicingServices(market)

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    error => (isAppError(error) ? error.code : String(error)),
  )
const profile = { name: 'PLA', machine_settings: {}, process_settings: {}, filament: {} }
const namesOf = async ({ ctx }: Awaited<ReturnType<typeof market.newUser>>) =>
  (await listProfiles(ctx, { limit: 10 })).print_profiles.map(({ name }) => name)
const row = async (profileId: string) =>
  (await market.db.select().from(printProfiles).where(eq(printProfiles.printProfileId, profileId)))[0]

test('a profile that no preparation names is gone, and another takes its place under the limit', async () => {
  const user = await market.newUser()
  const stranger = await market.newUser()
  const { print_profile_id: first } = await createProfile(user.ctx, { ...profile, name: 'PLA' })
  await createProfile(user.ctx, { ...profile, name: 'PETG' })
  assert.is(await codeOf(createProfile(user.ctx, profile)), 'too_many_requests')
  assert.is(await codeOf(removeProfile(stranger.ctx, first)), 'forbidden')

  await removeProfile(user.ctx, first)
  assert.is(await row(first), undefined)
  assert.equal(await namesOf(user), ['PETG'])
  assert.is(await codeOf(removeProfile(user.ctx, first)), 'not_found')
  await createProfile(user.ctx, { ...profile, name: 'ABS' })
  assert.equal((await namesOf(user)).sort(), ['ABS', 'PETG'])
})

test('a slice that waits in the queue is made with the deleted profile; nothing new is prepared with it', async () => {
  const { user, userId, request } = await makeBuyer(market, { funds: 20n * hbar })
  const { preparation_id } = await prepare(user, request)
  await removeProfile(user, request.print_profile_id)
  assert.ok((await row(request.print_profile_id))?.deletedAt)
  assert.equal(await listProfiles(user, { limit: 10 }), { print_profiles: [], next_cursor: null })

  const start = await startPreparation(slicer, preparation_id)
  assert.ok(start.profile.filament)
  assert.is(await codeOf(prepare(user, request)), 'not_found')
  assert.is(await codeOf(removeProfile(user, request.print_profile_id)), 'not_found')
  const stored = await market.db.$count(printProfiles, eq(printProfiles.userId, userId))
  await createProfile(user, profile)
  await createProfile(user, profile)
  assert.is(await market.db.$count(printProfiles, eq(printProfiles.userId, userId)), stored + 2)
})

test('a prepared print is printed after its profile was deleted', async () => {
  const { preparationId, purchaseId, user, printer } = await makePrepared(market)
  const [{ profileId } = { profileId: '' }] = await market.db
    .select({ profileId: preparations.printProfileId })
    .from(preparations)
    .where(eq(preparations.preparationId, preparationId))
  await removeProfile(user, profileId)
  const { print_job_id } = await requestPrint(user, { purchase_id: purchaseId })
  const claimed = await claimPrintJob(printer, 'no-boot-nonce-was-sent', 0, AbortSignal.timeout(10_000))
  assert.is(claimed?.print_job_id, print_job_id)
  assert.is(claimed?.profile_name, 'Profile')
})

const sql = market.database.sql
for (const [way, change] of Object.entries({
  hidden: (tx: Transaction, id: string) =>
    tx`UPDATE print_profiles SET deleted_at = now() WHERE print_profile_id = ${id}`,
  gone: (tx: Transaction, id: string) => tx`DELETE FROM print_profiles WHERE print_profile_id = ${id}`,
})) {
  test(`a preparation that begins while its profile is being deleted is refused, not failed (the row is ${way})`, async () => {
    const { user, request } = await makeBuyer(market, { funds: 20n * hbar })
    const id = request.print_profile_id
    const hold = async (tx: Transaction) => {
      await tx`SELECT 1 FROM print_profiles WHERE print_profile_id = ${id} FOR UPDATE`
      await change(tx, id)
    }
    const [prepared] = await whileHeld(sql, hold, [() => codeOf(prepare(user, request))])
    assert.equal(prepared, { status: 'fulfilled', value: 'not_found' })
  })
}

test('a deletion waits for a preparation that has begun, and then keeps the row', async () => {
  const { user, request } = await makeBuyer(market, { funds: 20n * hbar })
  // A preparation locks the purchase after the profile: it is held there until the deletion waits, too.
  const { purchase_id, print_profile_id } = request
  const hold = (tx: Transaction) => tx`SELECT 1 FROM purchases WHERE purchase_id = ${purchase_id} FOR UPDATE`
  const remove = async () => {
    await untilWaiting(sql, 1)
    return codeOf(removeProfile(user, print_profile_id))
  }
  const ended = await whileHeld(sql, hold, [() => codeOf(prepare(user, request)), remove])
  assert.equal(
    ended.map(end => end.status === 'fulfilled' && end.value),
    ['no error', 'no error'],
  )
  assert.ok((await row(print_profile_id))?.deletedAt)
})

test.run()
