/**
 * The exit codes of OrcaSlicer's command line: negative numbers, of which a process keeps the last eight bits (-101 becomes
 * 155). result.json has the negative number and a sentence.
 */
const names: Record<number, string> = {
  '-1': 'CLI_ENVIRONMENT_ERROR',
  '-2': 'CLI_INVALID_PARAMS',
  '-3': 'CLI_FILE_NOTFOUND',
  '-4': 'CLI_FILELIST_INVALID_ORDER',
  '-5': 'CLI_CONFIG_FILE_ERROR',
  '-6': 'CLI_DATA_FILE_ERROR',
  '-7': 'CLI_INVALID_PRINTER_TECH',
  '-8': 'CLI_UNSUPPORTED_OPERATION',
  '-14': 'CLI_OUT_OF_MEMORY',
  '-17': 'CLI_PROCESS_NOT_COMPATIBLE',
  '-18': 'CLI_INVALID_VALUES_IN_3MF',
  '-19': 'CLI_POSTPROCESS_NOT_SUPPORTED',
  '-20': 'CLI_PRINTABLE_SIZE_REDUCED',
  '-21': 'CLI_OBJECT_ARRANGE_FAILED',
  '-22': 'CLI_OBJECT_ORIENT_FAILED',
  '-50': 'CLI_NO_SUITABLE_OBJECTS',
  '-51': 'CLI_VALIDATE_ERROR',
  '-52': 'CLI_OBJECTS_PARTLY_INSIDE',
  '-58': 'CLI_SLICING_TIME_EXCEEDS_LIMIT',
  '-59': 'CLI_TRIANGLE_COUNT_EXCEEDS_LIMIT',
  '-61': 'CLI_FILAMENT_NOT_MATCH_BED_TYPE',
  '-62': 'CLI_FILAMENTS_DIFFERENT_TEMP',
  '-63': 'CLI_OBJECT_COLLISION_IN_SEQ_PRINT',
  '-64': 'CLI_OBJECT_COLLISION_IN_LAYER_PRINT',
  '-65': 'CLI_SPIRAL_MODE_INVALID_PARAMS',
  '-100': 'CLI_SLICING_ERROR',
  '-101': 'CLI_GCODE_PATH_CONFLICTS',
  '-102': 'CLI_GCODE_PATH_IN_UNPRINTABLE_AREA',
  '-104': 'CLI_GCODE_PATH_OUTSIDE',
}

/** Converts a process's exit code to OrcaSlicer's number: 155 becomes -101. Codes of signals (134, 139) stay. */
export function orcaCode(exitCode: number): number {
  const negative = exitCode - 256
  return exitCode > 127 && names[negative] ? negative : exitCode
}

export function orcaName(code: number): string {
  return names[code] ?? `exit code ${code}`
}

/** Errors of the model's position or its surroundings: the slice may succeed with the model where we put it. */
export const placementFaults: readonly number[] = [-21, -22, -50, -52, -64, -101]
/** The print is too large for the printer. */
export const sizeFaults: readonly number[] = [-20, -50, -52, -102, -104]
/** The profile's settings contradict each other or are impossible. */
export const profileFaults: readonly number[] = [-5, -17, -18, -51, -61, -62, -65]
