import type { ShellCommand } from '../shell.ts'
import type { AgentContext } from './context.ts'
import { loginUser } from './login-user.ts'
import { logoutUser } from './logout-user.ts'
import { registerPrinter } from './register-printer.ts'
import { status } from './status.ts'
import { unregisterHere } from './unregister-here.ts'

/** Runs a command of the host's shell; returns the text to print there. Errors: those of the methods. */
export async function runShellCommand(ctx: AgentContext, command: ShellCommand): Promise<string> {
  switch (command.command) {
    case 'status': {
      // Only calls over HTTP need it.
      const { confirm: _confirm, ...rest } = status(ctx)
      return JSON.stringify(rest)
    }
    case 'unregister':
      return unregister(ctx)
    case 'register':
      return register(ctx, command)
  }
}

async function unregister(ctx: AgentContext): Promise<string> {
  const { name, printer_id, problem } = await unregisterHere(ctx)
  const rest = problem === null ? '' : ` The marketplace is informed as soon as possible: ${problem}`
  return `"${name}" (${printer_id}) is unregistered. Any account can register this printer now.${rest}`
}

async function register(ctx: AgentContext, command: Extract<ShellCommand, { command: 'register' }>): Promise<string> {
  const wanted = { name: command.name, description: '' }
  if ('token' in command) return registered(await registerPrinter(ctx, { ...wanted, token: command.token }))
  const { token } = await loginUser(ctx, { email: command.email, password: command.password })
  try {
    return registered(await registerPrinter(ctx, { ...wanted, token }))
  } finally {
    // The session was for this command only.
    await Promise.resolve(logoutUser(ctx, { token })).catch(() => {})
  }
}

function registered({ name, printer_id }: Awaited<ReturnType<typeof registerPrinter>>): string {
  return `"${name}" is registered as ${printer_id}.`
}
