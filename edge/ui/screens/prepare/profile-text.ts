import type { PageProfile } from '../../../../schema/page/index.ts'

/** A profile in a list: its name, and below it what tells it from others. */
export function profileText(profile: PageProfile, locale: string): { title: string; subtitle: string } {
  const millimetres = (value: number) =>
    `${new Intl.NumberFormat(locale, { maximumFractionDigits: 3 }).format(value)} mm`
  const parts = [
    profile.printer,
    profile.process,
    profile.filament ?? profile.filament_type,
    profile.nozzle_mm === null ? null : `Ø ${millimetres(profile.nozzle_mm)}`,
    profile.process === null && profile.layer_height_mm !== null ? millimetres(profile.layer_height_mm) : null,
  ]
  return { title: profile.name, subtitle: parts.filter(part => part !== null).join(' · ') }
}
