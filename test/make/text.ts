import fc from 'fast-check'

/**
 * Any character but half of a surrogate pair. As fast-check's unit `binary`, which takes a second to list a million characters
 * before the first of them.
 */
export const anyCharacter: fc.Arbitrary<string> = fc
  .integer({ min: 0, max: 0x10ffff })
  .filter(code => code < 0xd800 || code > 0xdfff)
  .map(code => String.fromCodePoint(code))
