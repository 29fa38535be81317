import { hasInjectionContext, inject, type Ref, ref, shallowRef, watch } from 'vue'
import { asCallError, type CallError } from '../api/problem.ts'
import { returnsKey } from './returns.ts'

/**
 * The answer of a call for a screen. Sends the call at once, and again when `triggers` change. The old answer stays on the screen until the
 * new one is there; an answer that a newer request has overtaken is dropped. After an error it is sent again by itself when the printer's
 * host, or the marketplace, can be reached again.
 */
export function useLoaded<T>(load: () => Promise<T>, triggers: () => unknown) {
  const answer: Ref<T | null> = shallowRef(null)
  const error = shallowRef<CallError | null>(null)
  const isLoading = ref(false)
  let newest = 0

  /** Replaces the answer by that of another call. */
  async function replace(call: () => Promise<T>) {
    const mine = ++newest
    isLoading.value = true
    try {
      const loaded = await call()
      if (mine !== newest) return
      answer.value = loaded
      error.value = null
    } catch (thrown) {
      if (mine === newest) error.value = asCallError(thrown)
    } finally {
      if (mine === newest) isLoading.value = false
    }
  }
  const reload = () => replace(load)
  watch(triggers, reload, { immediate: true })
  const returns = hasInjectionContext() ? inject(returnsKey, null) : null
  if (returns) watch(returns, () => error.value && reload())
  return { answer, error, isLoading, reload, replace }
}
