import { z } from 'zod'
import { idSchema } from '../http/ids.ts'
import { printerActivities } from '../http/print-jobs.ts'

/**
 * One connection of the edge. `ok` is null while it is not known. `code` is for a translation; `text` and `what_to_do` say the same in
 * English, for a code that a page does not know. `what_to_do` is null when nothing has to be done.
 */
export const connectionFact = z.object({
  ok: z.boolean().nullable(),
  code: z.string(),
  text: z.string(),
  what_to_do: z.string().nullable(),
})
export type ConnectionFact = z.infer<typeof connectionFact>

/** The codes of `connectionFact`, by the fact's name. */
export const factCodes = {
  marketplace: ['ok', 'unknown', 'unreachable', 'refused'],
  moonraker: ['ok', 'disconnected'],
  klipper: ['ok', 'unknown', 'starting', 'shutdown', 'error', 'disconnected'],
  extra: ['ok', 'unknown', 'missing'],
  clock: ['ok', 'unknown', 'wrong'],
  disk: ['ok', 'unknown', 'low', 'full'],
} as const
export type FactName = keyof typeof factCodes

export const pageConnections = z.object({
  marketplace: connectionFact,
  moonraker: connectionFact,
  klipper: connectionFact,
  /** Klipper's extra [lmnt_stream]. */
  extra: connectionFact,
  /** This host's clock, compared with the marketplace's. */
  clock: connectionFact,
  disk: connectionFact,
})
export type PageConnections = z.infer<typeof pageConnections>

export const pageRegistration = z.object({
  registered: z.boolean(),
  printer_id: idSchema('printer').nullable(),
  name: z.string().nullable(),
  /** The printer's own token. The edge renews it by itself after half of its life. */
  token_expires_at: z.iso.datetime().nullable(),
  /** `expired`: register the printer again. `revoked`: it was removed at the marketplace. */
  token_state: z.enum(['none', 'valid', 'expired', 'revoked']),
  /** A question about another owner is on the printer's screens. */
  is_owner_change_asked: z.boolean(),
})
export type PageRegistration = z.infer<typeof pageRegistration>

export const pageHeater = z.object({
  /** Klipper's name: "extruder", "heater_bed", "heater_generic chamber". */
  name: z.string(),
  /** Degrees Celsius; null while unknown. */
  temperature: z.number().nullable(),
  /** 0: off. */
  target: z.number().nullable(),
})

/** The printer itself, without its job. */
export const pagePrinterState = z.object({
  is_connected: z.boolean(),
  klippy: z.enum(['ready', 'startup', 'shutdown', 'error', 'disconnected']),
  /** Klipper's message about a shutdown or an error. */
  klippy_message: z.string().nullable(),
  /** `other`: it prints something that is not of the marketplace. */
  activity: z.enum(['offline', 'idle', 'marketplace_print', 'other_print']),
  /** The file of another print, and its progress from 0 to 1. */
  other_print: z.object({ file: z.string(), progress: z.number(), is_paused: z.boolean() }).nullable(),
  heaters: z.array(pageHeater),
})

/** An object of the print that can be left out ([exclude_object]). */
export const pageObject = z.object({ name: z.string(), is_current: z.boolean(), is_excluded: z.boolean() })

export const pageJob = z.object({
  print_job_id: idSchema('job'),
  purchase_id: idSchema('purchase'),
  title: z.string(),
  /** Its picture is at `pictureOf.job(print_job_id)`. */
  has_picture: z.boolean(),
  /**
   * `downloading`, then `ready` (waits for its start at the printer: "the bed is clear"), `starting`, `printing`, `paused`,
   * `ending` (the outcome is being decided and reported).
   */
  state: z.enum(['downloading', 'ready', 'starting', 'printing', 'paused', 'ending']),
  /** Why a print stands still; null while unknown or without a print. */
  printer_state: z.enum(printerActivities).nullable(),
  /** Klipper's words about it. */
  printer_message: z.string().nullable(),
  /** Why the job does not go on. */
  problem: z.string().nullable(),
  is_cancel_requested: z.boolean(),
  /** 0 to 1, of the lines' bytes. */
  progress: z.number(),
  /** From 1; null while unknown. */
  layer: z.int().nullable(),
  layers: z.int().nullable(),
  /** Seconds since the print began, without pauses; null while unknown. */
  print_seconds: z.number().nullable(),
  /** The same with pauses. */
  total_seconds: z.number().nullable(),
  /** Estimated; null unless the print is running. */
  seconds_left: z.number().nullable(),
  /** The slicer's estimates. */
  estimated_seconds: z.number(),
  estimated_filament_mm: z.number(),
  filament_used_mm: z.number().nullable(),
  filament_type: z.string().nullable(),
  profile_name: z.string().nullable(),
  /** The actions that are possible now. */
  can: z.object({
    start: z.boolean(),
    pause: z.boolean(),
    resume: z.boolean(),
    cancel: z.boolean(),
    skip_object: z.boolean(),
  }),
  /** Empty without [exclude_object], or for a print of one object. */
  objects: z.array(pageObject),
})
export type PageJob = z.infer<typeof pageJob>

/** A report of an ended print that the marketplace does not have yet. */
export const pageReport = z.object({
  print_job_id: idSchema('job'),
  status: z.enum(['success', 'failure']),
  state: z.enum(['waiting', 'refused']),
  problem: z.string().nullable(),
})

/** How many seconds the marketplace may hold a poll. */
export const pollSeconds = z.int().min(1).max(60)
/** The interface that the page belongs to: `auto` takes the one that the browser came from. */
export const hostInterface = z.enum(['auto', 'mainsail', 'fluidd', 'none'])

export const pageSettings = z.object({
  auto_start: z.boolean(),
  ask_before_using_rights: z.boolean(),
  poll_seconds: pollSeconds,
  host_interface: hostInterface,
})
export type PageSettings = z.infer<typeof pageSettings>

/** Everything that the page shows without a log-in: nothing that Moonraker does not show to the same people. */
export const pageState = z.object({
  /** The section of lmnt-edge.cfg. */
  printer_name: z.string(),
  registration: pageRegistration,
  connections: pageConnections,
  printer: pagePrinterState,
  job: pageJob.nullable(),
  reports: z.array(pageReport),
  dropped_reports: z.int(),
  settings: pageSettings,
})
export type PageState = z.infer<typeof pageState>
