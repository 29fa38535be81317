/** `npm run dev`: the local marketplace without a print, its services started again whenever their source changes. */
import { build, watchBuild } from '../build.ts'
import { clearTemporary, makeFolders } from './folders.ts'
import { untilInterrupted } from './interrupted.ts'
import { lock } from './lock.ts'
import { startStack } from './stack.ts'

process.env.METADATA_SERVER_DETECTION ??= 'none'
const interrupted = untilInterrupted()

main().then(
  () => process.exit(0),
  error => {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  },
)

async function main(): Promise<void> {
  const folders = makeFolders(process.cwd())
  const unlock = lock(folders)
  try {
    await build()
    const say = (text: string) => console.log(text)
    // A service that ends is started again, so a service with new code only has to end.
    const stack = await startStack(folders, { up: part => say(`  ${part}`), say }, { isKeptUp: true })
    const endWatch = await watchBuild(programs => {
      const running = Object.entries(stack.pids()).filter(([name]) => programs.some(program => isOf(name, program)))
      for (const [name, pid] of running) {
        say(`${name}: started again`)
        process.kill(pid, 'SIGTERM')
      }
    })
    say(`marketplace API ${stack.urls.bff}, printer ${stack.urls.printer}, logs ${folders.logs}. Ctrl-C ends it.`)
    await interrupted
    await endWatch()
    await stack.stop()
  } finally {
    clearTemporary(folders)
    unlock()
  }
}

/** True for the instances of a program: edge, edge-2, edge-3. */
function isOf(name: string, program: string): boolean {
  return name === program || (name.startsWith(`${program}-`) && /^\d+$/.test(name.slice(program.length + 1)))
}
