import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  binarySize,
  FernetError,
  newFernetKey,
  openBinary,
  openToken,
  parseFernetKey,
  sealBinary,
  sealToken,
} from '../../../schema/gcode/fernet.ts'
import vectors from './fernet-vectors.json' with { type: 'json' }

const test = suite('fernet')
const key = Buffer.alloc(32, 7)
const refused = (error: unknown) => error instanceof FernetError

for (const { secret, src, now, iv, token } of vectors.generate) {
  test(`the spec's token for "${src}" is made byte for byte`, () => {
    assert.is(sealToken(parseFernetKey(secret), Buffer.from(src), { now: Date.parse(now), iv: Buffer.from(iv) }), token)
  })
}

for (const { secret, src, now, ttl_sec, token } of vectors.verify) {
  test(`the spec's token for "${src}" opens`, () => {
    const data = openToken(parseFernetKey(secret), token, { now: Date.parse(now), ttlSeconds: ttl_sec })
    assert.is(data.toString(), src)
  })
}

const reasons: Record<string, RegExp> = {
  'incorrect mac': /altered/,
  'too short': /too short/,
  'invalid base64': /base64url/,
  'payload size not multiple of block size': /block/,
  'payload padding error': /padded/,
  'far-future TS (unacceptable clock skew)': /future/,
  'expired TTL': /expired/,
  'incorrect IV (causes padding error)': /padded/,
}
assert.equal(
  Object.keys(reasons),
  vectors.invalid.map(({ desc }) => desc),
)

for (const { desc, secret, now, ttl_sec, token } of vectors.invalid) {
  test(`the spec's invalid token is refused: ${desc}`, () => {
    const open = () => openToken(parseFernetKey(secret), token, { now: Date.parse(now), ttlSeconds: ttl_sec })
    assert.throws(open, refused)
    assert.throws(open, reasons[desc] as RegExp)
  })
}

test('any bytes survive sealing and opening, as text and as bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), data => {
      assert.equal(openToken(key, sealToken(key, data)), Buffer.from(data))
      const token = sealBinary(key, data)
      assert.is(token.length, binarySize(data.length))
      assert.equal(openBinary(key, token), Buffer.from(data))
    }),
  )
})

test('two tokens of the same data differ: each has its own iv', () => {
  assert.is.not(sealToken(key, Buffer.from('G28'), { now: 0 }), sealToken(key, Buffer.from('G28'), { now: 0 }))
})

test('a token with any bit flipped is refused', () => {
  const token = sealBinary(key, Buffer.from('G1 X10 Y20'))
  for (let bit = 0; bit < token.length * 8; bit++) {
    const altered = Buffer.from(token)
    altered[bit >> 3] = (altered[bit >> 3] as number) ^ (1 << (bit & 7))
    assert.throws(() => openBinary(key, altered, { ignoreClock: true }), refused, `bit ${bit}`)
  }
})

test('a token cut at any place, or with more behind it, is refused', () => {
  const token = sealBinary(key, Buffer.alloc(40))
  for (let size = 0; size < token.length; size++) {
    assert.throws(() => openBinary(key, token.subarray(0, size), { ignoreClock: true }), refused, `${size} bytes`)
  }
  assert.throws(() => openBinary(key, Buffer.concat([token, Buffer.alloc(16)]), { ignoreClock: true }), refused)
})

test('a token does not open with another key', () => {
  assert.throws(() => openToken(Buffer.alloc(32, 8), sealToken(key, Buffer.from('G28'))), refused)
})

test('only exact base64url is read: no foreign letters, no padding missing or too much, no stray bits', () => {
  const token = sealToken(key, Buffer.alloc(10))
  assert.ok(token.endsWith('=='), 'this length needs padding')
  const beforePadding = token.slice(0, -3)
  const strayBits = String.fromCharCode(token.charCodeAt(token.length - 3) + 1)
  for (const text of [
    token.slice(0, -1),
    token.slice(0, -2),
    `${token}=`,
    `${token}trailing`,
    ` ${token}`,
    `${token}\n`,
    `${token.slice(0, 20)}\n${token.slice(20)}`,
    `${token.slice(0, 20)}!${token.slice(20)}`,
    `${beforePadding}${strayBits}==`,
    '',
  ]) {
    assert.throws(() => openToken(key, text), refused, JSON.stringify(text))
  }
  const withSpecials = sealToken(key, Buffer.alloc(20), { now: 0, iv: Buffer.alloc(16, 0xff) })
  assert.match(withSpecials, /_/)
  assert.throws(() => openToken(key, withSpecials.replaceAll('_', '/'), { ignoreClock: true }), /base64url/)
})

test('a printer without a clock opens a token from any time', () => {
  const token = sealToken(key, Buffer.from('G28'), { now: Date.UTC(2100, 0) })
  assert.throws(() => openToken(key, token, { now: 0 }), /future/)
  assert.is(openToken(key, token, { now: 0, ignoreClock: true }).toString(), 'G28')
})

test('a token without a time to live does not expire, and a minute of clock skew is forgiven', () => {
  const token = sealToken(key, Buffer.from('G28'), { now: 1_000_000_000_000 })
  assert.is(openToken(key, token, { now: 2_000_000_000_000 }).toString(), 'G28')
  assert.is(openToken(key, token, { now: 1_000_000_000_000 - 60_000 }).toString(), 'G28')
  assert.throws(() => openToken(key, token, { now: 1_000_000_000_000 - 61_000 }), /future/)
})

test('a key is 32 bytes, and 44 characters of base64url', () => {
  assert.is(newFernetKey(size => Buffer.alloc(size, 1)).length, 32)
  assert.equal(parseFernetKey('cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=').length, 32)
  for (const text of [
    '',
    'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4',
    'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4Q==',
  ]) {
    assert.throws(() => parseFernetKey(text), refused, text)
  }
  assert.throws(() => sealToken(Buffer.alloc(31), Buffer.alloc(1)), refused)
})

test('signing and encryption use their own halves of the key', () => {
  const halves = Buffer.concat([Buffer.alloc(16, 1), Buffer.alloc(16, 2)])
  const token = sealBinary(halves, Buffer.from('G28'))
  const signed = token.subarray(0, -32)
  assert.equal(token.subarray(-32), createHmac('sha256', Buffer.alloc(16, 1)).update(signed).digest())
})

test.run()
