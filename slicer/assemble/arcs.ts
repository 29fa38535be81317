import type { PrinterFacts } from '../../schema/http/printer-facts.ts'
import type { PrintProfile } from '../profiles/profile.ts'

/** True when arcs (G2, G3) stay: the printer is known to understand them. `printer` is null before it has reported its facts. */
export function keepsArcs(printer: PrinterFacts | null): boolean {
  return printer?.has_gcode_arcs === true
}

/**
 * The profile for the engine: without arc fitting when arcs are converted to lines anyway, which would approximate each curve
 * twice. The profile's own G-code still sees the original setting.
 */
export function engineProfile(profile: PrintProfile, printer: PrinterFacts | null): PrintProfile {
  if (keepsArcs(printer)) return profile
  return { ...profile, settings: { ...profile.settings, enable_arc_fitting: '0' } }
}
