import { user } from '../../test/make/edge/fake-marketplace.ts'
import type { PrinterClient } from '../../test/make/edge/printer-client.ts'
import { eventually } from '../../test/make/eventually.ts'

/** Registers the printer for the fake marketplace's user, as soon as the edge is connected. */
export async function registerPrinter(client: PrinterClient): Promise<void> {
  await eventually('the edge answers', () => client.agent('status').catch(() => null), 60_000)
  const { token } = await client.agent('login_user', { email: user.email, password: user.password })
  const { confirm } = await client.agent('status')
  await client.agent('register_printer', { name: 'Voron', description: '', token, confirm })
}
