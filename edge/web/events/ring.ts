/** An event as it is sent: `id` is null for one that is for one session, which is not sent again. */
export interface SentEvent {
  id: string | null
  name: string
  /** JSON. */
  data: string
}

/** The last events, for clients that come back after a break. */
export interface Ring {
  /** Adds an event and gives it the next id. */
  add: (name: string, data: string) => SentEvent
  /** The events after this id; null when it is not of this ring, or too old. */
  after: (id: string) => SentEvent[] | null
  lastId: () => string
}

/** `epoch` is of one ring: an id of another one means nothing here. Keeps at most `most` events and `mostBytes` of data. */
export function createRing(epoch: string, { most = 120, mostBytes = 256 * 1024 } = {}): Ring {
  const events: (SentEvent & { id: string; number: number })[] = []
  let number = 0
  let bytes = 0
  const idOf = (of: number) => `${epoch}-${of}`
  return {
    add(name, data) {
      const event = { id: idOf(++number), number, name, data }
      events.push(event)
      bytes += data.length
      while (events.length > most || (bytes > mostBytes && events.length > 0)) bytes -= events.shift()?.data.length ?? 0
      return event
    },
    after(id) {
      const [, of, from] = /^(.*)-(\d{1,15})$/.exec(id) ?? []
      const last = Number(from)
      if (of !== epoch || last > number) return null
      const firstKept = events[0]?.number ?? number + 1
      return last + 1 < firstKept ? null : events.filter(event => event.number > last)
    },
    lastId: () => idOf(number),
  }
}

/** As text/event-stream has it. JSON has no line breaks. */
export function eventText({ id, name, data }: SentEvent): string {
  return `${id === null ? '' : `id: ${id}\n`}event: ${name}\ndata: ${data}\n\n`
}
