/** What a model file may be. Without zod: the process that opens a model is started for each one, and loads this file. */

/** The units of a model file's numbers that a designer can set. */
export const settableUnits = ['mm', 'inch', 'm'] as const

/**
 * No side of a printed model may be shorter (one layer is this high, and no nozzle draws a thinner wall) or longer (no printer
 * that runs Klipper is known to have room for it).
 */
export const sideLimitsMm = { min: 0.1, max: 1500 } as const

/** A model file may not be larger than this; the slicer's own limit is the same. */
export const modelMaxBytes = 100 * 1024 * 1024
