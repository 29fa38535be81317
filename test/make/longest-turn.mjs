// Loaded into a process under test by longest-turn.ts: says how long its event loop stood still at most since it was last asked.
// The less of wall clock and CPU time counts: on a busy machine a process waits for its turn through no fault of its own.
const everyMs = 2
let longest = 0
let last = read()

function read() {
  const { user, system } = process.cpuUsage()
  return { wallMs: performance.now(), cpuMs: (user + system) / 1000 }
}

setInterval(() => {
  const now = read()
  longest = Math.max(longest, Math.min(now.wallMs - last.wallMs - everyMs, now.cpuMs - last.cpuMs))
  last = now
}, everyMs).unref()

process.on('message', () => {
  process.send?.({ longestTurnMs: longest })
  longest = 0
})
process.channel?.unref()
