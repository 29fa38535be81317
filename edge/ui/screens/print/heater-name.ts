/** Klipper's name of a heater in words: "extruder" and "heater_bed" have some, "heater_generic chamber_left" becomes "Chamber left". */
export function heaterName(name: string, has: (key: string) => boolean, t: (key: string) => string): string {
  const key = `temperatures.heaters.${name}`
  if (has(key)) return t(key)
  const words = (name.split(' ').at(-1) ?? name).replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
