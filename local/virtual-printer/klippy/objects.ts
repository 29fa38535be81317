import type { Dialogs } from './dialogs.ts'

import type { PauseStatus } from './pause-resume.ts'
import type { PrintStatsStatus } from './print-stats.ts'
import type { VirtualSd } from './virtual-sdcard.ts'

/** The objects that clients query and subscribe to. */
export interface PrinterObjects extends Record<string, object> {
  print_stats: PrintStatsStatus
}

export interface PrinterFacts {
  state: string
  stateMessage: string
  printStats: PrintStatsStatus
  sd: VirtualSd
  displayMessage: string | null
  pausing: PauseStatus
  hasFilament: boolean
  heaters: { extruder: number; heater_bed: number }
  /** Seconds. */
  printTime: number
  /** The dialog of our extra; undefined on a printer without the extra. */
  question: ReturnType<Dialogs['status']> | undefined
}

/** Klipper's objects and their fields, for the current state of the printer. */
export function printerObjects(facts: PrinterFacts): PrinterObjects {
  const { sd, pausing, heaters, question } = facts
  return {
    webhooks: { state: facts.state, state_message: facts.stateMessage },
    print_stats: facts.printStats,
    virtual_sdcard: sd.status(),
    display_status: { progress: sd.status().progress, message: facts.displayMessage },
    pause_resume: { is_paused: pausing.isPaused },
    idle_timeout: { state: pausing.isTimedOut ? 'Idle' : sd.isActive() ? 'Printing' : 'Ready' },
    'filament_switch_sensor runout': { enabled: true, filament_detected: facts.hasFilament },
    ...(question === undefined
      ? {}
      : {
          lmnt_stream: {
            question,
            is_parked: pausing.isParked,
            is_starved: pausing.isStarved,
            job: sd.record()?.job() ?? null,
            error: sd.lineError(),
          },
        }),
    toolhead: {
      homed_axes: pausing.isTimedOut ? '' : 'xyz',
      print_time: facts.printTime,
      position: [0, 0, 0, 0],
      max_velocity: 300,
      max_accel: 3000,
    },
    extruder: { temperature: heaters.extruder, target: heaters.extruder },
    heater_bed: { temperature: heaters.heater_bed, target: heaters.heater_bed },
    heaters: { available_heaters: ['heater_bed', 'extruder'], available_sensors: ['heater_bed', 'extruder'] },
  }
}
