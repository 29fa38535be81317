/** Converts a decoded protobuf message to plain values: own fields only, 64-bit numbers as bigint, bytes as Buffer. */
export function toPlain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value)
  if (Array.isArray(value)) return value.map(toPlain)
  if (typeof value !== 'object' || value === null) return value
  if (isLong(value)) return BigInt(value.toString())
  return Object.fromEntries(Object.entries(value).map(([field, part]) => [field, toPlain(part)]))
}

function isLong(value: object): boolean {
  return 'low' in value && 'high' in value && 'unsigned' in value
}
