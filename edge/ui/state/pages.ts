import { computed } from 'vue'
import { useLoaded } from './loaded.ts'

/** A part of a long list. `next`: what the call for the following part takes; null at the end. */
export interface Part<Item, Next> {
  items: Item[]
  next: Next | null
}

/**
 * A long list, of which a person asks for more. `loadPart` gets null for the first part; it returns null when there is nothing to ask for,
 * such as without a log-in. When `triggers` change, the list begins anew.
 */
export function usePages<Item, Next>(
  loadPart: (from: Next | null) => Promise<Part<Item, Next> | null>,
  triggers: () => unknown,
) {
  const { answer, error, isLoading, reload, replace } = useLoaded(() => loadPart(null), triggers)

  /** Adds the next part. Does nothing while the list is being loaded. */
  async function loadMore() {
    const shown = answer.value
    if (isLoading.value || !shown || shown.next === null) return
    await replace(async () => {
      const more = await loadPart(shown.next)
      return more && { items: [...shown.items, ...more.items], next: more.next }
    })
  }
  return {
    /** Null until the first part is there. */
    items: computed(() => answer.value?.items ?? null),
    hasMore: computed(() => (answer.value?.next ?? null) !== null),
    error,
    isLoading,
    reload,
    loadMore,
  }
}
