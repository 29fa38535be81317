import { type Ref, ref, shallowRef, watch } from 'vue'
import { CallError } from '../api/problem.ts'

/**
 * The answer of a call for a screen. Sends the call at once, and again when `triggers` change. The old answer stays on the screen until the
 * new one is there; an answer that a newer request has overtaken is dropped.
 */
export function useLoaded<T>(load: () => Promise<T>, triggers: () => unknown) {
  const answer: Ref<T | null> = shallowRef(null)
  const error = shallowRef<CallError | null>(null)
  const isLoading = ref(false)
  let newest = 0

  async function reload() {
    const mine = ++newest
    isLoading.value = true
    try {
      const loaded = await load()
      if (mine !== newest) return
      answer.value = loaded
      error.value = null
    } catch (thrown) {
      if (mine !== newest) return
      error.value = thrown instanceof CallError ? thrown : new CallError('internal', String(thrown), 0)
    } finally {
      if (mine === newest) isLoading.value = false
    }
  }
  watch(triggers, reload, { immediate: true })
  return { answer, error, isLoading, reload }
}
