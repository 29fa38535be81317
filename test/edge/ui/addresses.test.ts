import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createAddresses } from '../../../edge/ui/api/addresses.ts'

const test = suite("addresses of the printer's page")

test('every address keeps the chosen one of several printers', () => {
  const { address, fullPage, pictureOf } = createAddresses('voron & co')
  const query = '?printer=voron%20%26%20co'
  assert.equal(
    [address('security-log'), pictureOf.job('job_1'), pictureOf.model('model_1'), pictureOf.layer('preparation_1', 2)],
    [
      `api/security-log${query}`,
      `api/pictures/jobs/job_1${query}`,
      `api/pictures/models/model_1/isometric${query}`,
      `api/pictures/preparations/preparation_1/2${query}`,
    ],
  )
  assert.is(fullPage('/login'), `./${query}#/login`)
  assert.is(fullPage('/login', 'https://printer:7183/'), `https://printer:7183/${query}#/login`)
})

test('without a choice nothing is added', () => {
  const { address, fullPage, pictureOf } = createAddresses(null)
  assert.equal(
    [address('session'), pictureOf.model('model_1'), fullPage('/')],
    ['api/session', 'api/pictures/models/model_1/isometric', './#/'],
  )
})

test.run()
