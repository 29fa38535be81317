import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { AgentContext } from '../../../edge/agent/context.ts'
import { overview } from '../../../edge/agent/overview.ts'

const test = suite('the overview of the printer')

test('all its parts are of one moment, however long the free space takes to ask for', async () => {
  let isConnected = false
  const ctx = {
    config: { marketplaceUrl: 'https://marketplace.example' },
    clock: () => 0,
    store: { identity: () => null },
    ownerQuestion: { askedFor: null },
    moonraker: {
      state: () => ({
        isConnected,
        klippy: isConnected ? 'ready' : 'disconnected',
        klippyMessage: '',
        hasExtra: isConnected,
        printStats: { state: 'standby', filename: '' },
        progress: 0,
        watched: { heaters: [] },
      }),
    },
    currentJob: { get: () => undefined },
    reach: { isReached: () => isConnected, clockAheadMs: () => null, tokenRefusal: () => null },
    outbox: { entries: () => [], dropped: () => ({ count: isConnected ? 1 : 0 }) },
    freeSpace: async () => {
      await new Promise(resolve => setImmediate(resolve))
      isConnected = true
      return 1e9
    },
    settings: {
      autoStart: () => isConnected,
      asksBeforeUsingRights: () => false,
      pollSeconds: () => 30,
      hostInterface: () => 'auto',
    },
  } as unknown as AgentContext
  const { printer, connections, dropped_reports, settings } = await overview(ctx)
  assert.equal(
    [printer.is_connected, connections.moonraker.ok, connections.marketplace.ok, dropped_reports, settings.auto_start],
    [true, true, true, 1, true],
  )
})

test.run()
