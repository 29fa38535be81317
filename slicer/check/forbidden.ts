/**
 * Commands that no print needs and that reach beyond it: they stop or restart the printer, rewrite its configuration, run
 * programs on its host, start other files, or move the head in ways that no check of coordinates sees.
 */
const forbiddenNames = new Set([
  ...['M112', 'M997', 'M999', 'RESTART', 'FIRMWARE_RESTART', 'HOST_RESTART', 'REBOOT', 'SHUTDOWN'],
  ...['M500', 'M501', 'M502', 'SAVE_CONFIG'],
  ...['SHELL', 'RUN_SHELL_COMMAND', 'CALL_REMOTE_METHOD'],
  ...['M20', 'M21', 'M22', 'M23', 'M24', 'M25', 'M26', 'M27', 'M28', 'M29', 'M30', 'M31', 'M32', 'M33', 'M928'],
  'STREAM_GCODE_LINE',
  ...['FORCE_MOVE', 'SET_KINEMATIC_POSITION', 'G18', 'G19'],
])
const forbiddenShapes = /^SDCARD_|SHELL_COMMAND/

export function isForbidden(name: string): boolean {
  return forbiddenNames.has(name) || forbiddenShapes.test(name)
}

/** Takes numbers only: whatever else is in its line is a comment, which nobody is shown. */
export function isMute(name: string): boolean {
  return /^[GMT]\d/.test(name) && !['M117', 'M118', 'M486', 'M862.3'].includes(name)
}
