import { computed } from 'vue'
import { CallError } from '../../api/problem.ts'
import { useLoaded } from '../../state/loaded.ts'
import type { Page } from '../../state/page.ts'

/**
 * The newest preparation of a purchase, kept up to date by the event stream; null while there is none. The call for its status also
 * subscribes this session to its progress.
 */
export function usePreparation(page: Page, purchaseId: () => string) {
  const { error, reload } = useLoaded(
    async () => {
      if (!page.userId.value) return
      const purchase_id = purchaseId()
      try {
        page.preparations.set(purchase_id, await page.call('prepare_status', { purchase_id }))
      } catch (error) {
        if (!(error instanceof CallError) || !['not_found', 'not_prepared'].includes(error.code)) throw error
        page.preparations.delete(purchase_id)
      }
    },
    () => [page.userId.value, purchaseId(), page.isConnected.value && page.session.value?.csrf],
  )
  const preparation = computed(() => page.preparations.get(purchaseId()) ?? null)
  return { preparation, error, reload }
}
