import { type InjectionKey, inject, type Ref, reactive, ref, shallowRef } from 'vue'
import type { PageEventName, PageEvents, PageList, PageSession, PageState } from '../../../schema/page/index.ts'
import { type Caller, createCaller } from '../api/caller.ts'
import { createClient } from '../api/client.ts'
import { openEvents } from '../api/events.ts'
import { CallError } from '../api/problem.ts'
import { createDrafts, type Drafts } from './drafts.ts'
import { createPreferences, type Preferences } from './preferences.ts'

export type Preparation = PageEvents['preparation']

export interface Page {
  /** Shown in a frame of Mainsail or Fluidd, without our own bars and menu. */
  isEmbedded: boolean
  /** The printer's section in lmnt-edge.cfg, from the address; null is the first one. */
  printer: string | null
  /** Null until the edge has answered. */
  session: Ref<PageSession | null>
  /** The latest state from the edge; null until the first event. */
  state: Ref<PageState | null>
  /** The newest word about each preparation that is being sliced, by its purchase. */
  preparations: Map<string, Preparation>
  /** Counts up whenever a list has to be asked for again. */
  lists: Record<PageList, number>
  /** Whether the event stream is open. */
  isConnected: Ref<boolean>
  call: Caller
  logIn: (email: string, password: string) => Promise<void>
  logOut: () => Promise<void>
  drafts: Drafts
  preferences: Preferences
  /** A short message at the bottom of the page. */
  notice: Ref<string | null>
  start: () => void
}

export const pageKey: InjectionKey<Page> = Symbol('page')

export function usePage(): Page {
  const page = inject(pageKey)
  if (!page) throw new Error('usePage() needs the page that main.ts provides')
  return page
}

/** What all screens share: the session, the live state and the calls. */
export function createPage(window: Window): Page {
  const query = new URLSearchParams(window.location.search)
  const printer = query.get('printer')
  const session = shallowRef<PageSession | null>(null)
  const state = shallowRef<PageState | null>(null)
  const preparations = reactive(new Map<string, Preparation>())
  const lists = reactive<Record<PageList, number>>({ purchases: 0, queue: 0, history: 0, wallet: 0, session: 0 })
  const isConnected = ref(false)
  const client = createClient(window.fetch.bind(window), {
    csrf: () => session.value?.csrf ?? '',
    refresh: refreshSession,
    printer,
  })

  let closeEvents = () => {}

  /** A stream belongs to the session that has opened it: another person gets another stream. */
  function applySession(next: PageSession) {
    const isAnother = session.value !== null && session.value.user?.user_id !== next.user?.user_id
    session.value = next
    if (!isAnother) return
    preparations.clear()
    connect()
  }

  function connect() {
    closeEvents()
    closeEvents = openEvents(client.address('events'), onEvent, isOpen => {
      isConnected.value = isOpen
    })
  }

  async function refreshSession() {
    try {
      applySession(await client.get<PageSession>('session'))
    } catch (error) {
      // Without an answer the banner already says so.
      if (!(error instanceof CallError)) throw error
    }
  }

  const onEvent: { [Name in PageEventName]: (data: PageEvents[Name]) => void } = {
    state(whole) {
      state.value = whole
      // The edge may have restarted, without its sessions.
      refreshSession()
    },
    update(parts) {
      if (state.value) state.value = { ...state.value, ...parts }
    },
    preparation(preparation) {
      preparations.set(preparation.purchase_id, preparation)
    },
    changed({ lists: names }) {
      for (const name of names) lists[name]++
      if (names.includes('session')) refreshSession()
    },
  }

  return {
    isEmbedded: query.has('embed'),
    printer,
    session,
    state,
    preparations,
    lists,
    isConnected,
    call: createCaller(client, async () => {
      if (session.value?.user) await refreshSession()
    }),
    async logIn(email, password) {
      applySession(await client.post<PageSession>('login', { email, password }))
    },
    async logOut() {
      applySession(await client.post<PageSession>('logout', {}))
    },
    drafts: createDrafts(() => window.sessionStorage),
    preferences: createPreferences(() => window.localStorage),
    notice: ref(null),
    start() {
      refreshSession()
      connect()
    },
  }
}
