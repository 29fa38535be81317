/** What `read` returns, or null where it throws: what the doctor cannot read is a finding, and no error. */
export function tryTo<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}
