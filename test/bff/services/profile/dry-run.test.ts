import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { prepare } from '../../../../bff/services/preparation/prepare.ts'
import { setPrinterFacts } from '../../../../bff/services/printer/set-facts.ts'
import { createProfile } from '../../../../bff/services/profile/create.ts'
import { listProfiles } from '../../../../bff/services/profile/list.ts'
import { AppError } from '../../../../schema/http/errors.ts'
import { type PrinterFacts, printerFacts } from '../../../../schema/http/printer-facts.ts'
import type { CheckProfileResponse } from '../../../../schema/http/slicer.ts'
import { refusal } from '../../../make/errors.ts'
import { makeContext } from '../../../make/market.ts'
import { makePrepared, makeProfile } from '../../../make/prepared.ts'

const test = suite('the dry run of a profile')
const slicer = {
  answer: async (): Promise<CheckProfileResponse> => ({ warnings: [], faults: [] }),
  askedFor: [] as (PrinterFacts | null)[],
}
const market = await makeContext({
  checkProfile: request => {
    slicer.askedFor.push(request.printer)
    return slicer.answer()
  },
})
test.after(market.close)

const settings = { name: 'PLA', machine_settings: {}, process_settings: {}, filament: {} }
const faulty = (code: CheckProfileResponse['faults'][number]['code'], message: string) => async () => ({
  warnings: [],
  faults: [{ code, message }],
})

test('what is changed or ignored is told when the profile is stored', async () => {
  const { ctx: user } = await market.newUser()
  slicer.answer = async () => ({ warnings: ['brim_width is ignored.'], faults: [] })
  assert.equal((await createProfile(user, settings)).warnings, ['brim_width is ignored.'])
  assert.is(slicer.askedFor.at(-1), null, 'for no printer in particular')
})

test('what can never be sliced is not stored', async () => {
  const { ctx: user } = await market.newUser()
  slicer.answer = faulty('profile_invalid', 'The profile does not set printable_area.')
  await refusal('profile_invalid', () => createProfile(user, settings))
  assert.equal((await listProfiles(user, { limit: 10, cursor: undefined })).print_profiles, [])
  slicer.answer = faulty('gcode_rejected', 'G-code that leaves the bed.')
  const { warnings } = await createProfile(user, settings)
  assert.equal(warnings, ['G-code that leaves the bed.'], 'another printer may reach there')
})

test('a slicer that does not answer keeps nobody from storing a profile, and is told', async () => {
  const { ctx: user } = await market.newUser()
  slicer.answer = () => Promise.reject(new AppError('unavailable', 'away'))
  assert.match((await createProfile(user, settings)).warnings.join(), 'was not checked')
})

test('a profile that is not for the printer is refused before anything is charged or stored', async () => {
  const own = await makePrepared(market)
  const facts = printerFacts.parse({ macros: [{ name: 'START_PRINT' }] })
  await setPrinterFacts(own.printer, facts)
  slicer.answer = faulty('profile_not_for_printer', 'Your printer has no PRINT_START; it has START_PRINT.')
  const request = {
    user_id: own.userId,
    purchase_id: own.purchaseId,
    print_profile_id: await makeProfile(market, own.userId),
    storage_currency: 'hbar' as const,
    print_immediately: false,
  }
  const message = await refusal('profile_not_for_printer', () => prepare(own.user, request))
  assert.match(message, 'it has START_PRINT')
  assert.equal(slicer.askedFor.at(-1), facts)
})

test.run()
