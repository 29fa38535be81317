import { z } from 'zod'
import type { ObjectStatus } from './merged-status.ts'

/** Klippy as Moonraker sees it; `disconnected` also while it starts. */
export type KlippyState = 'ready' | 'startup' | 'shutdown' | 'error' | 'disconnected'

export const printStatsSchema = z.object({
  state: z.enum(['standby', 'printing', 'paused', 'complete', 'error', 'cancelled']).catch('standby'),
  filename: z.string().catch(''),
  message: z.string().catch(''),
  total_duration: z.number().catch(0),
  print_duration: z.number().catch(0),
  /** A retraction before the first line that extrudes makes it negative for a moment. */
  filament_used: z.number().min(0).catch(0),
  info: z
    .object({ total_layer: z.number().nullish().catch(null), current_layer: z.number().nullish().catch(null) })
    .catch({}),
})
export type PrinterPrintStats = z.infer<typeof printStatsSchema>

const virtualSdcard = z.object({
  progress: z.number().min(0).max(1).catch(0),
  file_position: z.int().min(0).catch(0),
  file_size: z.int().min(0).catch(0),
})

const objectsSchema = z.object({
  webhooks: z
    .object({
      state: z.enum(['ready', 'startup', 'shutdown', 'error']).catch('startup'),
      state_message: z.string().catch(''),
    })
    .catch({ state: 'startup', state_message: '' }),
  print_stats: printStatsSchema.catch(printStatsSchema.parse({})),
  virtual_sdcard: virtualSdcard.catch(virtualSdcard.parse({})),
})

/** `Idle`: idle_timeout has run, which turns heaters and motors off unless its gcode was changed. */
const idleTimeout = z.object({ state: z.string().catch('') }).catch({ state: '' })

const filamentSensor = z
  .object({ enabled: z.boolean().catch(false), filament_detected: z.boolean().catch(true) })
  .catch({ enabled: false, filament_detected: true })

const questionSchema = z.object({ nonce: z.string(), answer: z.enum(['start', 'later']).nullable() })

/** The part of our extra in Klipper's status that the edge reads; all of it is in klipper/README.md. */
const streamSchema = z.object({
  question: questionSchema.nullable().catch(null),
  is_parked: z.boolean().catch(false),
  is_starved: z.boolean().catch(false),
  job: z.string().nullable().catch(null),
  error: z.string().nullable().catch(null),
})

/** The fields that the edge subscribes to, without those that change all the time and are not used. */
export const subscription = {
  webhooks: null,
  print_stats: null,
  virtual_sdcard: null,
  display_status: null,
  toolhead: ['homed_axes'],
  lmnt_stream: ['question', 'is_parked', 'is_starved', 'job', 'error'],
  heaters: null,
  idle_timeout: ['state'],
}

/** Klipper's objects that tell whether there is filament: their names end in one that the printer's owner chose. */
export const isFilamentSensor = (name: string) => /^filament_(switch|motion)_sensor /.test(name)
export const filamentSensorFields = ['enabled', 'filament_detected']

export interface PrinterState {
  /** False: there is no connection to Moonraker, and all other fields have their last known values. */
  isConnected: boolean
  klippy: KlippyState
  klippyMessage: string
  printStats: PrinterPrintStats
  /** 0 to 1, of the file's bytes. */
  progress: number
  /** The byte up to which Klipper has run the open file, of so many. */
  filePosition: number
  fileSize: number
  /** The question of the extra's dialog, also after its answer; null when there is none. */
  question: z.infer<typeof questionSchema> | null
  /** The extra has paused the print for want of lines, and resumes it when they come. */
  isParked: boolean
  /** The print waits, or was paused while it waited, for lines. */
  isStarved: boolean
  /** An enabled filament sensor detects no filament. */
  isFilamentOut: boolean
  /** Klipper's idle_timeout has run, and nothing has moved since. */
  isTimedOut: boolean
  /** The error of the line that the print of this purchase ended at; null when no line of it failed. */
  lineError: { purchaseId: string; text: string } | null
  /** The last error on the console, and when it came (milliseconds of performance.now()). */
  consoleError: { text: string; at: number } | null
  /** Since when (milliseconds of performance.now()) a print could be started; null while none can. */
  idleSince: number | null
  /** Since when (as above) the print is paused; null while none is. */
  pausedSince: number | null
}

/** The fields that the connection sets itself. */
type ConnectionFields = 'isConnected' | 'idleSince' | 'pausedSince' | 'consoleError'

/** Reads the state from Klipper's objects; a missing or invalid field gets its default. */
export function readState(status: ObjectStatus): Omit<PrinterState, ConnectionFields> {
  const { webhooks, print_stats, virtual_sdcard } = objectsSchema.parse(status)
  const { question, is_parked, is_starved, job, error } = streamSchema.parse(status.lmnt_stream ?? {})
  const sensors = Object.keys(status).filter(isFilamentSensor)
  const isOut = (name: string) => {
    const { enabled, filament_detected } = filamentSensor.parse(status[name])
    return enabled && !filament_detected
  }
  return {
    klippy: webhooks.state,
    klippyMessage: webhooks.state_message,
    printStats: print_stats,
    question,
    isParked: is_parked,
    isStarved: is_starved,
    isFilamentOut: sensors.some(isOut),
    isTimedOut: idleTimeout.parse(status.idle_timeout).state === 'Idle',
    lineError: job !== null && error !== null ? { purchaseId: job, text: error } : null,
    progress: virtual_sdcard.progress,
    filePosition: virtual_sdcard.file_position,
    fileSize: virtual_sdcard.file_size,
  }
}

/** A print is in progress: virtual_sdcard has a file and has not come to its end. */
export function isPrinting({ klippy, printStats }: PrinterState): boolean {
  return klippy === 'ready' && (printStats.state === 'printing' || printStats.state === 'paused')
}

/** A print could be started: Klippy is ready and prints nothing. */
export function isIdle(state: PrinterState): boolean {
  return state.isConnected && state.klippy === 'ready' && !isPrinting(state)
}
