import { type ComputedRef, computed, type InjectionKey, inject, type Ref, ref, shallowRef } from 'vue'
import type { PageList, PageSession, PageState } from '../../../schema/page/index.ts'
import { type Addresses, createAddresses } from '../api/addresses.ts'
import { type Caller, createCaller } from '../api/caller.ts'
import { createClient } from '../api/client.ts'
import { openEvents } from '../api/events.ts'
import { CallError } from '../api/problem.ts'
import { createDrafts, type Drafts } from './drafts.ts'
import { createLive, type Preparation } from './live.ts'
import { createPreferences, type Preferences } from './preferences.ts'

/** How long the first answers are waited for. */
const firstAnswersMs = 500

export interface Page extends Addresses, Caller {
  /** Shown in a frame of Mainsail or Fluidd, without our own bars and menu. */
  isEmbedded: boolean
  /** The printer's section in lmnt-edge.cfg, from the address; null is the first one. */
  printer: string | null
  /** Null until the edge has answered. */
  session: Ref<PageSession | null>
  /** The session of who was logged in has ended by itself: unused for too long, or with a restart of the service. */
  isSessionEnded: Ref<boolean>
  /** Who is logged in; null while nobody is. */
  userId: ComputedRef<string | null>
  /** The latest state from the edge; null until the first event. */
  state: Ref<PageState | null>
  /** The newest answer or event about each preparation, by its purchase. */
  preparations: Map<string, Preparation>
  /** Counts up whenever a list has to be asked for again. */
  lists: Record<PageList, number>
  /** Whether the event stream is open. */
  isConnected: Ref<boolean>
  /** Counts up when the printer's host, or the marketplace, can be reached again. */
  returns: Ref<number>
  logIn: (email: string, password: string) => Promise<void>
  logOut: () => Promise<void>
  drafts: Drafts
  preferences: Preferences
  /** A short message at the bottom of the page. */
  notice: Ref<string | null>
  /** Resolves once the session and the state are there, or soon when they are not to be had. */
  start: () => Promise<void>
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
  const isSessionEnded = ref(false)
  const live = createLive({ refreshSession, hasSession: () => session.value !== null })
  const addresses = createAddresses(printer)
  const client = createClient(window.fetch.bind(window), {
    address: addresses.address,
    async csrf() {
      await opened
      return session.value?.csrf ?? ''
    },
    refresh: refreshSession,
  })

  let opened: Promise<void> | undefined
  let closeEvents = () => {}

  /** A stream belongs to the session that has opened it: another person gets another stream. */
  function applySession(next: PageSession) {
    const isAnother = session.value !== null && session.value.user?.user_id !== next.user?.user_id
    if (isAnother) isSessionEnded.value = next.user === null
    session.value = next
    if (!isAnother) return
    live.preparations.clear()
    connect()
  }

  function connect() {
    closeEvents()
    closeEvents = openEvents(addresses.address('events'), live.handlers, live.setConnected)
  }

  async function refreshSession() {
    try {
      applySession(await client.get<PageSession>('session'))
    } catch (error) {
      // Without an answer the banner already says so.
      if (!(error instanceof CallError)) throw error
    }
  }

  return {
    isEmbedded: query.has('embed'),
    printer,
    session,
    isSessionEnded,
    userId: computed(() => session.value?.user?.user_id ?? null),
    state: live.state,
    preparations: live.preparations,
    lists: live.lists,
    isConnected: live.isConnected,
    returns: live.returns,
    ...addresses,
    ...createCaller(client, async () => {
      if (session.value?.user) await refreshSession()
    }),
    async logIn(email, password) {
      applySession(await client.post<PageSession>('login', { email, password }))
    },
    async logOut() {
      applySession(await client.post<PageSession>('logout', {}))
      isSessionEnded.value = false
    },
    drafts: createDrafts(() => window.sessionStorage),
    preferences: createPreferences(() => window.localStorage),
    notice: ref(null),
    async start() {
      opened = refreshSession()
      connect()
      const limit = new Promise(resolve => window.setTimeout(resolve, firstAnswersMs))
      await Promise.race([Promise.all([opened, live.firstAnswer]), limit])
    },
  }
}
