export type PrintState = 'standby' | 'printing' | 'paused' | 'complete' | 'error' | 'cancelled'

export interface PrintStatsStatus {
  filename: string
  total_duration: number
  print_duration: number
  filament_used: number
  state: PrintState
  message: string
  info: { total_layer: number | null; current_layer: number | null }
}

export type PrintStats = ReturnType<typeof createPrintStats>

/** Klipper's print_stats: the same states, changed by the same calls. `monotonic` is in seconds. */
export function createPrintStats(monotonic: () => number) {
  let filename = ''
  let message = ''
  let state: PrintState = 'standby'
  let startedAt: number | null = null
  let pausedAt: number | null = null
  let pausedFor = 0
  let totalDuration = 0
  /** Until the first extrusion: heating and homing are not counted as printing. */
  let initDuration = 0
  let filamentUsed = 0
  let totalLayer: number | null = null
  let currentLayer: number | null = null

  function reset(): void {
    filename = message = ''
    state = 'standby'
    startedAt = pausedAt = null
    pausedFor = totalDuration = initDuration = filamentUsed = 0
    totalLayer = currentLayer = null
  }

  function refresh(): void {
    if (startedAt === null) return
    const now = monotonic()
    totalDuration = now - startedAt
    if (filamentUsed === 0) initDuration = totalDuration - pausedTime(now)
  }

  function pausedTime(now: number): number {
    return pausedFor + (pausedAt === null ? 0 : now - pausedAt)
  }

  function finish(end: PrintState, text = ''): void {
    if (startedAt === null) return
    refresh()
    if (pausedAt !== null) pausedFor += monotonic() - pausedAt
    state = end
    message = text
    startedAt = pausedAt = null
  }

  return {
    reset,
    setCurrentFile(name: string): void {
      reset()
      filename = name
    },
    noteStart(): void {
      const now = monotonic()
      if (startedAt === null) startedAt = now
      else if (pausedAt !== null) {
        pausedFor += now - pausedAt
        pausedAt = null
      }
      state = 'printing'
      message = ''
    },
    notePause(): void {
      pausedAt ??= monotonic()
      if (state !== 'error') state = 'paused'
    },
    noteComplete: () => finish('complete'),
    noteError: (text: string) => finish('error', text),
    noteCancel: () => finish('cancelled'),
    addFilament(millimetres: number): void {
      filamentUsed += millimetres
    },
    setInfo(total: number | undefined, current: number | undefined): void {
      if (total === 0) totalLayer = currentLayer = null
      else if (total !== undefined && total !== totalLayer) {
        totalLayer = total
        currentLayer = 0
      }
      if (totalLayer !== null && current !== undefined) currentLayer = Math.min(current, totalLayer)
    },
    state: () => state,
    status(): PrintStatsStatus {
      refresh()
      return {
        filename,
        total_duration: totalDuration,
        print_duration: Math.max(0, totalDuration - initDuration - pausedTime(monotonic())),
        filament_used: filamentUsed,
        state,
        message,
        info: { total_layer: totalLayer, current_layer: currentLayer },
      }
    },
  }
}
