/** Fields of Klipper's objects, by the object's name; null: all. */
export type WantedObjects = Record<string, string[] | null>

/** What the edge always needs, without the fields that change all the time and are not used. */
const always: WantedObjects = {
  webhooks: null,
  print_stats: null,
  virtual_sdcard: null,
  display_status: null,
  toolhead: ['homed_axes'],
  lmnt_stream: ['question', 'is_parked', 'is_starved', 'job', 'error'],
  heaters: null,
  idle_timeout: ['state'],
}

const filamentSensorFields = ['enabled', 'filament_detected']
const heaterFields = ['temperature', 'target']

/** Klipper's objects that tell whether there is filament: their names end in one that the printer's owner chose. */
export const isFilamentSensor = (name: string) => /^filament_(switch|motion)_sensor /.test(name)
export const isHeater = (name: string) => /^(extruder\d*|heater_bed|heater_generic .+)$/.test(name)

/** The objects to subscribe to, of those that this Klipper has. `isWatched`: somebody looks at temperatures and objects of the print. */
export function objectsToSubscribe(objects: readonly string[], { isWatched }: { isWatched: boolean }): WantedObjects {
  const fieldsOf = (isWanted: (name: string) => boolean, fields: string[]) =>
    Object.fromEntries(objects.filter(isWanted).map(name => [name, fields]))
  const watched = isWatched && {
    ...fieldsOf(isHeater, heaterFields),
    ...fieldsOf(name => name === 'exclude_object', ['objects', 'excluded_objects', 'current_object']),
  }
  return { ...always, ...fieldsOf(isFilamentSensor, filamentSensorFields), ...watched }
}

/** The objects to query when the state of a print matters at once. */
export const printObjects: WantedObjects = {
  webhooks: null,
  print_stats: null,
  virtual_sdcard: null,
  lmnt_stream: always.lmnt_stream ?? null,
}
