/**
 * Commands that a sealed G-code may use although printer.gcode.help, which lists only commands with a help text, does not list
 * them. Klipper skips unknown commands (M codes of other firmwares) with a console line that contains only the command's name.
 */
const gCodes = '0 1 2 3 4 5 10 11 17 18 19 20 21 28 29 53 54 55 56 57 58 59 80 90 91 92 92.1 92.3'
const mCodes =
  '0 1 17 18 42 73 75 76 77 80 81 82 83 84 92 104 105 106 107 108 109 110 111 113 114 115 117 118 119 120 121 140 141 ' +
  '145 149 150 155 163 164 165 190 191 200 201 202 203 204 205 206 207 208 209 211 217 218 220 221 226 240 250 280 300 ' +
  '301 302 303 304 350 351 355 400 401 402 403 404 405 406 407 412 413 420 425 486 500 501 503 540 557 566 569 572 575 ' +
  '593 600 603 605 701 702 710 801 851 862.1 862.2 862.3 862.4 862.5 862.6 900 906 907 911 912 913 914 915 928 998'
const extended =
  'EXCLUDE_OBJECT EXCLUDE_OBJECT_DEFINE EXCLUDE_OBJECT_START EXCLUDE_OBJECT_END SET_PRINT_STATS_INFO SET_VELOCITY_LIMIT ' +
  'SET_PRESSURE_ADVANCE SET_HEATER_TEMPERATURE TEMPERATURE_WAIT SET_FAN_SPEED SET_GCODE_OFFSET SET_RETRACTION ' +
  'TURN_OFF_HEATERS ACTIVATE_EXTRUDER BED_MESH_CALIBRATE BED_MESH_PROFILE BED_MESH_CLEAR PAUSE RESUME'

/** Commands that no job may use: they print other files, restart Klipper or change the printer's configuration. */
export const refusedCommands: ReadonlySet<string> = new Set(
  (
    'STREAM_GCODE_LINE SDCARD_PRINT_FILE SDCARD_RESET_FILE RESTART FIRMWARE_RESTART HOST_RESTART REBOOT ' +
    'SHUTDOWN SAVE_CONFIG RUN_SHELL_COMMAND CALL_REMOTE_METHOD FORCE_MOVE SET_KINEMATIC_POSITION CANCEL_PRINT ' +
    'M20 M21 M23 M24 M25 M26 M27 M28 M29 M30 M112'
  ).split(' '),
)

/** The commands that a job may use on a printer with these commands in printer.gcode.help. */
export function knownCommands(help: Iterable<string>): Set<string> {
  const commands = new Set<string>(extended.split(' '))
  for (const number of gCodes.split(' ')) commands.add(`G${number}`)
  for (const number of mCodes.split(' ')) commands.add(`M${number}`)
  for (let tool = 0; tool < 16; tool++) commands.add(`T${tool}`)
  for (const name of help) commands.add(name.toUpperCase())
  for (const name of refusedCommands) commands.delete(name)
  return commands
}
