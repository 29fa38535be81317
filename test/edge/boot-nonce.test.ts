import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bootNonce } from '../../edge/boot-nonce.ts'
import { bootNonce as nonceSchema } from '../../schema/http/print-jobs.ts'

const test = suite('the boot nonce')
const isLinux = existsSync('/proc/sys/kernel/random/boot_id')

test('has the format that the marketplace accepts', () => {
  assert.ok(nonceSchema.safeParse(bootNonce('/var/lib/lmnt', randomBytes)).success)
})

test('stays the same after a restart of the edge, and differs for a copy of its folder', () => {
  const first = bootNonce('/var/lib/lmnt', randomBytes)
  assert.is(bootNonce('/var/lib/lmnt/', randomBytes) === first, isLinux)
  assert.is.not(bootNonce('/var/lib/copy', randomBytes), first)
})

test.run()
