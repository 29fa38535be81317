import { ref, shallowRef } from 'vue'
import { asCallError, type CallError } from '../api/problem.ts'

/** One call with its progress and its error, for a button or a form. A second click while it runs does nothing. */
export function useCall() {
  const isRunning = ref(false)
  const error = shallowRef<CallError | null>(null)

  /** Runs it; resolves to its result, or to undefined after an error or while another runs. */
  async function run<T>(call: () => Promise<T>): Promise<T | undefined> {
    if (isRunning.value) return undefined
    isRunning.value = true
    error.value = null
    try {
      return await call()
    } catch (thrown) {
      error.value = asCallError(thrown)
      return undefined
    } finally {
      isRunning.value = false
    }
  }
  return { isRunning, error, run }
}
