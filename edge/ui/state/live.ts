import { reactive, ref, shallowRef } from 'vue'
import type { PageEventName, PageEvents, PageList, PageState } from '../../../schema/page/index.ts'

export type Preparation = PageEvents['preparation']

export interface LiveOptions {
  /** Asks who is logged in. */
  refreshSession: () => void
  hasSession: () => boolean
}

/** What the event stream tells. */
export function createLive({ refreshSession, hasSession }: LiveOptions) {
  const state = shallowRef<PageState | null>(null)
  const preparations = reactive(new Map<string, Preparation>())
  const lists = reactive<Record<PageList, number>>({ purchases: 0, queue: 0, history: 0, wallet: 0, session: 0 })
  const isConnected = ref(false)
  const returns = ref(0)
  let answered = () => {}
  const firstAnswer = new Promise<void>(resolve => {
    answered = resolve
  })

  /** After a break. What changed meanwhile is not sent again. */
  function askAgain() {
    for (const name of Object.keys(lists) as PageList[]) lists[name]++
    returns.value++
  }

  const handlers: { [Name in PageEventName]: (data: PageEvents[Name]) => void } = {
    state(whole) {
      // The edge may have restarted, without its sessions.
      const mayHaveRestarted = state.value !== null
      state.value = whole
      answered()
      if (mayHaveRestarted || !hasSession()) refreshSession()
    },
    update(parts) {
      if (!state.value) return
      const wasAway = isMarketplaceAway(state.value)
      state.value = Object.assign({}, state.value, parts)
      if (wasAway && !isMarketplaceAway(state.value)) askAgain()
    },
    preparation(preparation) {
      preparations.set(preparation.purchase_id, preparation)
    },
    changed({ lists: names }) {
      for (const name of names) lists[name]++
      if (names.includes('session')) refreshSession()
    },
  }

  function setConnected(isOpen: boolean) {
    isConnected.value = isOpen
    if (!isOpen) answered()
    if (isOpen && state.value) askAgain()
  }
  return { state, preparations, lists, isConnected, returns, firstAnswer, handlers, setConnected }
}

const isMarketplaceAway = ({ connections }: PageState) => connections.marketplace.ok === false
