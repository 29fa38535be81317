import { computed, type Ref } from 'vue'
import { CallError } from '../../api/problem.ts'
import { useLoaded } from '../../state/loaded.ts'
import type { Page, Preparation } from '../../state/page.ts'

export const isLive = (status: string) => status === 'pending' || status === 'in_progress'

/**
 * The newest preparation of a purchase, kept up to date by the event stream; null while there is none. The call for its status also
 * subscribes this session to its progress.
 */
export function usePreparation(page: Page, purchaseId: () => string, user: Ref<string | null>) {
  const asked = useLoaded<Preparation | null>(
    async () => {
      if (!user.value) return null
      try {
        const answer = await page.call('prepare_status', { purchase_id: purchaseId() })
        page.preparations.set(answer.purchase_id, answer)
        return answer
      } catch (error) {
        if (error instanceof CallError && ['not_found', 'not_prepared'].includes(error.code)) return null
        throw error
      }
    },
    () => [user.value, purchaseId(), page.isConnected.value && page.session.value?.csrf],
  )
  const preparation = computed(() => page.preparations.get(purchaseId()) ?? asked.answer.value)
  return { preparation, error: asked.error, reload: asked.reload }
}
