/** Why a fetch has failed: its own message is "fetch failed", the reason is in its cause. */
export function fetchReason(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
}
