const firstRetryMs = 1_000
const longestRetryMs = 15_000

/**
 * The page's one event stream. `handlers`: for each event, by its name, with its parsed data. The browser itself resumes a broken
 * stream, with the id of the last event; it gives up when the answer is not a stream, such as nginx's 502 while the edge restarts.
 * Then this opens it anew. Returns a function that ends it.
 */
export function openEvents<Data extends object>(
  address: string,
  handlers: { [Name in keyof Data]: (data: Data[Name]) => void },
  onOpen: (isOpen: boolean) => void,
): () => void {
  let source: EventSource
  let retryMs = firstRetryMs
  let timer: number | undefined

  function open() {
    source = new EventSource(address)
    source.onopen = () => {
      retryMs = firstRetryMs
      onOpen(true)
    }
    source.onerror = () => {
      onOpen(false)
      if (source.readyState !== EventSource.CLOSED) return
      timer = window.setTimeout(open, retryMs)
      retryMs = Math.min(longestRetryMs, retryMs * 2)
    }
    for (const name of Object.keys(handlers) as (keyof Data & string)[]) {
      source.addEventListener(name, event => handlers[name](JSON.parse((event as MessageEvent<string>).data)))
    }
  }
  open()
  return () => {
    window.clearTimeout(timer)
    source.close()
  }
}
