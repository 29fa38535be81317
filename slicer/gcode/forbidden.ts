import type { GcodeCommand } from './command.ts'

/**
 * Commands that a print does not need and that affect more than the print: they stop or restart the printer, rewrite its
 * configuration, run programs on its host, start other files, or move the head in ways that the coordinate checks cannot follow.
 */
const forbiddenNames = new Set([
  ...['M112', 'M997', 'M999', 'RESTART', 'FIRMWARE_RESTART', 'HOST_RESTART', 'REBOOT', 'SHUTDOWN'],
  ...['M500', 'M501', 'M502', 'SAVE_CONFIG'],
  ...['SHELL', 'RUN_SHELL_COMMAND', 'CALL_REMOTE_METHOD'],
  ...['M20', 'M21', 'M22', 'M23', 'M24', 'M25', 'M26', 'M27', 'M28', 'M29', 'M30', 'M31', 'M32', 'M33', 'M928'],
  'STREAM_GCODE_LINE',
  // These write to the printer's disk or change its stored configuration.
  ...['SAVE_VARIABLE', 'SAVE_LAST_FILE', 'CLEAR_LAST_FILE', 'Z_OFFSET_APPLY_PROBE', 'Z_OFFSET_APPLY_ENDSTOP'],
  ...['TEST_RESONANCES', 'MEASURE_AXES_NOISE', 'ACCELEROMETER_MEASURE', 'ACCELEROMETER_DEBUG_WRITE', 'M303'],
  ...['FORCE_MOVE', 'SET_KINEMATIC_POSITION', 'G18', 'G19'],
])
const forbiddenShapes = /^SDCARD_|SHELL_COMMAND/

/** Many start macros measure the bed mesh before each print; all other calibrations are stored in the configuration. */
const harmlessCalibrations = new Set(['BED_MESH_CALIBRATE'])
/** Saves or removes a stored profile of a mesh or skew. Loading one is allowed. */
const changesStoredProfile = /^(BED_MESH|SKEW)_PROFILE\b.*\b(SAVE|REMOVE)\b/

export function isForbidden({ name, text }: GcodeCommand): boolean {
  if (forbiddenNames.has(name) || forbiddenShapes.test(name) || changesStoredProfile.test(text)) return true
  return name.endsWith('_CALIBRATE') && !harmlessCalibrations.has(name)
}

/** Commands of some profiles' power-loss recovery, useless here because the G-code is not on the printer's disk. */
export function isPowerLossRecovery(name: string): boolean {
  return ['SAVE_VARIABLE', 'SAVE_LAST_FILE', 'CLEAR_LAST_FILE'].includes(name)
}

/** True for commands that take only numbers: Klipper does not show the rest of their line. */
export function takesOnlyNumbers(name: string): boolean {
  return /^[GMT]\d/.test(name) && !['M117', 'M118', 'M486', 'M862.3'].includes(name)
}
