import { z } from 'zod'
import { ConfigError } from './config.ts'

/**
 * TIME_SCALE: divides the durations of the business (leases, expiries, validity, token lifetimes, back-offs, ticks), so that a test
 * waits seconds instead of a day. The clock is the real one. Time-outs of network calls and delays that a printer's firmware needs
 * are not divided.
 */
export const timeScaleConfig = { TIME_SCALE: z.coerce.number().min(1).max(100_000).default(1) }

/** A duration, in any unit, as it is at this scale. */
export function scaled(duration: number, { timeScale }: { timeScale: number }): number {
  return duration / timeScale
}

/** Refuses to hurry where money or prints are real. `isReal` says it, by what the service is connected to. */
export function requireRealTime({ TIME_SCALE }: { TIME_SCALE: number }, isReal: boolean): void {
  if (isReal && TIME_SCALE !== 1) {
    throw new ConfigError('The configuration cannot be used:\n  TIME_SCALE: is for tests on a local network only')
  }
}
