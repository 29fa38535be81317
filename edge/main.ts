import { run } from '../runtime/process.ts'

const args = process.argv.slice(2)

// Each loads only what it needs: a command does not open the service.
run('edge', async () => {
  if (args.length === 0) {
    const { runService } = await import('./service.ts')
    return runService()
  }
  const { runCommand } = await import('./cli/commands.ts')
  const terminal = { input: process.stdin, output: process.stdout }
  process.exitCode = await runCommand(args, process.env.EDGE_CONFIG, terminal)
})
