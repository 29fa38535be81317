import { onScopeDispose, type Ref, ref, watch } from 'vue'
import type { Page } from '../../state/page.ts'
import { usePages } from '../../state/pages.ts'

/** Typing asks once it has paused for this long. */
const pauseMs = 300

/** The models of the catalogue that match the search. */
export function useCatalogue({ call, userId }: Page, search: Ref<string>) {
  const wanted = ref(search.value)
  let timer: number | undefined
  watch(search, text => {
    window.clearTimeout(timer)
    timer = window.setTimeout(() => {
      wanted.value = text
    }, pauseMs)
  })
  onScopeDispose(() => window.clearTimeout(timer))

  return usePages(
    async (cursor: string | null) => {
      if (!userId.value) return null
      const text = wanted.value.trim()
      const { models, next_cursor } = await call('models', {
        limit: 48,
        ...(text === '' ? {} : { search: text }),
        ...(cursor === null ? {} : { cursor }),
      })
      return { items: models, next: next_cursor }
    },
    () => [userId.value, wanted.value],
  )
}
