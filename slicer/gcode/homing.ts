/** Follows whether the axes are homed: by G28, or presumably by a macro, whose content only the printer knows. */
import type { GcodeCommand } from './command.ts'

/** Klipper's own commands, which home nothing. */
const homesNothing =
  /^(SET_|RESPOND$|SAVE_|RESTORE_|TEMPERATURE_WAIT$|TURN_OFF_|BED_MESH_|CLEAR_PAUSE$|EXCLUDE_OBJECT|UPDATE_DELAYED_GCODE$|STATUS$|GET_POSITION$|SKEW_PROFILE$|TIMELAPSE_)/

export interface Homing {
  run: (command: GcodeCommand) => void
  isHomed: () => boolean
}

export function followHoming(): Homing {
  const homed = new Set<string>()
  return {
    run: ({ name, params }) => {
      const named = ['X', 'Y', 'Z'].filter(axis => params.has(axis))
      const all = name === 'G28' ? named.length === 0 : mayHome(name)
      for (const axis of all ? ['X', 'Y', 'Z'] : name === 'G28' ? named : []) homed.add(axis)
    },
    isHomed: () => homed.size === 3,
  }
}

/** True for macros such as START_PRINT, which usually home. When one has not, Klipper refuses to move. */
export function mayHome(name: string): boolean {
  return name === 'G28' || (!/^[GMT]\d/.test(name) && !homesNothing.test(name))
}
