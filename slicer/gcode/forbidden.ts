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
  // These write to the printer's disk or change what its configuration will be.
  ...['SAVE_VARIABLE', 'SAVE_LAST_FILE', 'CLEAR_LAST_FILE', 'Z_OFFSET_APPLY_PROBE', 'Z_OFFSET_APPLY_ENDSTOP'],
  ...['TEST_RESONANCES', 'MEASURE_AXES_NOISE', 'ACCELEROMETER_MEASURE', 'ACCELEROMETER_DEBUG_WRITE', 'M303'],
  ...['FORCE_MOVE', 'SET_KINEMATIC_POSITION', 'G18', 'G19'],
])
const forbiddenShapes = /^SDCARD_|SHELL_COMMAND/

/** Measured anew before a print, as many start macros do; all other calibrations are kept in the configuration. */
const harmlessCalibrations = new Set(['BED_MESH_CALIBRATE'])
/** Profiles of a mesh or of a skew are kept in the configuration; loading one is what a print may do. */
const keepsProfile = /^(BED_MESH|SKEW)_PROFILE\b.*\b(SAVE|REMOVE)\b/

export function isForbidden({ name, text }: GcodeCommand): boolean {
  if (forbiddenNames.has(name) || forbiddenShapes.test(name) || keepsProfile.test(text)) return true
  return name.endsWith('_CALIBRATE') && !harmlessCalibrations.has(name)
}

/** Scripts against a power loss, in the start G-code of some profiles: of no use to a print whose G-code is not on the disk. */
export function keepsForPowerLoss(name: string): boolean {
  return ['SAVE_VARIABLE', 'SAVE_LAST_FILE', 'CLEAR_LAST_FILE'].includes(name)
}

/** Commands that take numbers only: the rest of the line is a comment and is not shown. */
export function isMute(name: string): boolean {
  return /^[GMT]\d/.test(name) && !['M117', 'M118', 'M486', 'M862.3'].includes(name)
}
