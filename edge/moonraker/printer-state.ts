import { z } from 'zod'
import type { ObjectStatus } from './merged-status.ts'
import { isFilamentSensor, isHeater } from './subscription.ts'

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

const heater = z.object({ temperature: z.number().nullable().catch(null), target: z.number().nullable().catch(null) })

const excludeObject = z.object({
  objects: z.array(z.object({ name: z.string() })).catch([]),
  excluded_objects: z.array(z.string()).catch([]),
  current_object: z.string().nullable().catch(null),
})

/** Subscribed to while somebody watches (`Moonraker.watch`); empty otherwise. */
export interface WatchedState {
  heaters: { name: string; temperature: number | null; target: number | null }[]
  /** The objects of the print that can be excluded ([exclude_object]). */
  objects: { name: string; isCurrent: boolean; isExcluded: boolean }[]
}

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
  /** Klipper has our extra; null while Klipper's objects are unknown. */
  hasExtra: boolean | null
  watched: WatchedState
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
    hasExtra: status.webhooks === undefined ? null : status.lmnt_stream !== undefined,
    watched: readWatched(status),
  }
}

function readWatched(status: ObjectStatus): WatchedState {
  const { objects, excluded_objects, current_object } = excludeObject.parse(status.exclude_object ?? {})
  return {
    heaters: Object.keys(status)
      .filter(isHeater)
      .map(name => ({ name, ...heater.parse(status[name]) })),
    objects: objects.map(({ name }) => ({
      name,
      isCurrent: name === current_object,
      isExcluded: excluded_objects.includes(name),
    })),
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
