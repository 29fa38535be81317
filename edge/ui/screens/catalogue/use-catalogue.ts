import { onScopeDispose, type Ref, ref, shallowRef, watch } from 'vue'
import type { ModelResponse } from '../../../../schema/http/models.ts'
import { CallError } from '../../api/problem.ts'
import type { Page } from '../../state/page.ts'

/** Typing asks once it has paused for this long. */
const pauseMs = 300

/** The pages of the catalogue that match the search. */
export function useCatalogue({ call }: Page, search: Ref<string>, isLoggedIn: Ref<boolean>) {
  const models = shallowRef<ModelResponse[]>([])
  const error = shallowRef<CallError | null>(null)
  const isLoading = ref(false)
  const cursor = ref<string | null>(null)
  let newest = 0
  let timer: number | undefined

  async function load(from: string | null) {
    const mine = ++newest
    isLoading.value = true
    error.value = null
    try {
      const text = search.value.trim()
      const answer = await call('models', {
        limit: 48,
        ...(text === '' ? {} : { search: text }),
        ...(from === null ? {} : { cursor: from }),
      })
      if (mine !== newest) return
      models.value = from === null ? answer.models : [...models.value, ...answer.models]
      cursor.value = answer.next_cursor
    } catch (thrown) {
      if (mine === newest)
        error.value = thrown instanceof CallError ? thrown : new CallError('internal', String(thrown), 0)
    } finally {
      if (mine === newest) isLoading.value = false
    }
  }
  watch(
    isLoggedIn,
    is => {
      if (is) load(null)
    },
    { immediate: true },
  )
  watch(search, () => {
    window.clearTimeout(timer)
    timer = window.setTimeout(() => load(null), pauseMs)
  })
  onScopeDispose(() => window.clearTimeout(timer))
  return { models, error, isLoading, hasMore: cursor, loadMore: () => load(cursor.value) }
}
