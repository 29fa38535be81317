import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createApi } from '../../../local/demo/api.ts'
import { freePort } from '../../../local/free-port.ts'

const test = suite("the demo's client")

test('a marketplace that does not run is named with the request and the reason', async () => {
  const url = `http://127.0.0.1:${await freePort()}`
  const message = await createApi(url)
    .post<string>('/api/purchase', {})
    .catch((error: Error) => error.message)
  assert.match(message, `POST /api/purchase got no answer from ${url}: connect ECONNREFUSED`)
})

test.run()
