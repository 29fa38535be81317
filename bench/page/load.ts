import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { launchChromium, wholeChromium } from '../../test/make/page/browser.ts'

export interface Loads {
  /** What the network carries, headers included; Brotli is used on loopback and by HTTPS, gzip elsewhere. */
  brKb: number
  gzipKb: number
  requests: number
  /** From the navigation until the page can be clicked, for each load. */
  fullSpeedMs: number[]
  slowMs: number[]
}

/** Loads the page with an empty cache, `count` times at full speed and as often on a CPU that is 4 times slower. */
export async function measureLoads(url: string, count: number): Promise<Loads> {
  const browser = await launchChromium([], wholeChromium)
  try {
    // The files of the edge come into the system's cache.
    const { bytes, files } = await load(browser, url, 1)
    const fullSpeedMs: number[] = []
    const slowMs: number[] = []
    for (let index = 0; index < count; index++) {
      fullSpeedMs.push((await load(browser, url, 1)).interactiveMs)
      slowMs.push((await load(browser, url, 4)).interactiveMs)
    }
    return { brKb: bytes / 1000, gzipKb: (await gzipBytes(files)) / 1000, requests: files.length, fullSpeedMs, slowMs }
  } finally {
    await browser.close()
  }
}

/** How long a new window is left alone: Chromium then loads some two hundred of its files, whose time would count as the page's. */
const windowStartMs = 3000

interface Load {
  bytes: number
  files: string[]
  interactiveMs: number
}

async function load(browser: Browser, url: string, timesSlower: number): Promise<Load> {
  const context = await browser.newContext({ locale: 'en-GB' })
  try {
    const page = await context.newPage()
    const session = await context.newCDPSession(page)
    const network = await watchNetwork(session)
    await session.send('Emulation.setCPUThrottlingRate', { rate: timesSlower })
    await page.addInitScript(watchReadiness)
    await sleep(windowStartMs)
    await page.goto(url)
    return { ...network, interactiveMs: await interactiveMs(page), bytes: network.bytes() }
  } finally {
    await context.close()
  }
}

async function watchNetwork(session: CDPSession) {
  const files: string[] = []
  let bytes = 0
  session.on('Network.responseReceived', ({ response, type }) => {
    if (type !== 'EventSource') files.push(response.url)
  })
  session.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength
  })
  await session.send('Network.enable')
  return { files, bytes: () => bytes }
}

/** Notes when the first screen has a button or a link to click, and when the last long task of the main thread has ended. */
const watchReadiness = `
  window.readiness = { shownMs: 0, busyUntilMs: 0 }
  new PerformanceObserver(list => {
    for (const task of list.getEntries()) window.readiness.busyUntilMs = task.startTime + task.duration
  }).observe({ type: 'longtask', buffered: true })
  const look = () => {
    if (document.querySelector('#page-main section a.v-btn, #page-main section button.v-btn')) window.readiness.shownMs = performance.now()
    else requestAnimationFrame(look)
  }
  requestAnimationFrame(look)`

/** How long the main thread must have had no long task. */
const quietMs = 1000

async function interactiveMs(page: Page): Promise<number> {
  for (;;) {
    // Asked for from here: the page's policy refuses the eval() of waitForFunction.
    const { shownMs, busyUntilMs, nowMs } = await page.evaluate<{
      shownMs: number
      busyUntilMs: number
      nowMs: number
    }>('({ ...window.readiness, nowMs: performance.now() })')
    const readyMs = Math.max(shownMs, busyUntilMs)
    if (shownMs > 0 && nowMs - readyMs > quietMs) return readyMs
    await sleep(quietMs / 4)
  }
}

/** Bytes of the files' bodies for a browser that accepts only gzip. */
async function gzipBytes(files: string[]): Promise<number> {
  let bytes = 0
  for (const file of files) {
    const response = await fetch(file, { headers: { 'accept-encoding': 'gzip' } })
    bytes += Number(response.headers.get('content-length') ?? (await response.arrayBuffer()).byteLength)
  }
  return bytes
}
