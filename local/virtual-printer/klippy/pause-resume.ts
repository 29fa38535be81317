import { GcodeError } from './gcode-line.ts'
import type { VirtualSd } from './virtual-sdcard.ts'

export interface PauseResumeOptions {
  sd: VirtualSd
  /** A line for every client's console. */
  say: (text: string) => void
  isReady: () => boolean
}

export type PauseStatus = ReturnType<ReturnType<typeof createPauseResume>['status']>

/** Klipper's pause_resume, and the pause of our extra while no lines come. */
export function createPauseResume({ sd, say, isReady }: PauseResumeOptions) {
  let isPaused = false
  let isParked = false
  /** The print was paused while no lines came. */
  let isStarved = false
  /** After idle_timeout heaters and motors are off, so the position of the head is unknown. */
  let isTimedOut = false
  /** The error of the next RESUME; null: it succeeds. */
  let resumeFault: string | null = null

  async function pause(): Promise<void> {
    if (isPaused) {
      say('// Print already paused')
    } else {
      isPaused = true
      await sd.pause()
    }
  }

  function resume(): void {
    if (isPaused) {
      const fault = resumeFault ?? (isTimedOut ? 'Must home axis first: 10.000 10.000 0.200 [0.000]' : null)
      resumeFault = null
      if (fault !== null) {
        say(`!! ${fault}`)
        throw new GcodeError(fault)
      }
      sd.resume()
      isPaused = isStarved = false
    } else {
      say('// Print is not paused, resume aborted')
    }
  }

  async function cancel(): Promise<void> {
    isPaused = isStarved = false
    await sd.cancel()
  }

  /** Pauses because no lines come, as the extra does, and resumes as soon as there are lines. */
  async function pauseStarved(): Promise<void> {
    const source = sd.source()
    if (!source) return
    say('// LMNT: no lines are coming, pausing')
    isParked = isStarved = true
    await pause()
    while (isPaused && sd.source() === source && isReady()) {
      await source.more()
      try {
        if (source.peek() === 'starved') continue
      } catch (error) {
        if (!(error instanceof GcodeError)) throw error
      }
      // Like the extra, this tries only once.
      if (isPaused && sd.source() === source && !tryResume()) break
    }
    isParked = false
  }

  function tryResume(): boolean {
    try {
      resume()
      return true
    } catch (error) {
      if (!(error instanceof GcodeError)) throw error
      return false
    }
  }

  return {
    pause,
    resume,
    cancel,
    pauseStarved,
    setTimedOut(value: boolean): void {
      isTimedOut = value
    },
    failResume(message: string): void {
      resumeFault = message
    },
    /** A new print or a restart. */
    reset(): void {
      isPaused = isStarved = isTimedOut = false
    },
    status: () => ({ isPaused, isParked: isParked && isPaused, isStarved, isTimedOut }),
  }
}
