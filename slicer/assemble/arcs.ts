/** Arcs (G2, G3) stay only where the printer is known to understand them: lines are understood everywhere. */
import type { PrinterFacts } from '../../schema/http/printer-facts.ts'
import type { PrintProfile } from '../profiles/profile.ts'

/** `printer` is null where it has not told yet what it is. */
export function keepsArcs(printer: PrinterFacts | null): boolean {
  return printer?.has_gcode_arcs === true
}

/**
 * The profile for the engine, which fits no arcs for a printer that would get them as lines again: each would be approximated
 * twice. The profile's own G-code still reads the setting as it was written.
 */
export function engineProfile(profile: PrintProfile, printer: PrinterFacts | null): PrintProfile {
  if (keepsArcs(printer)) return profile
  return { ...profile, settings: { ...profile.settings, enable_arc_fitting: '0' } }
}
