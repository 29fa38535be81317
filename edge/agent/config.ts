import { version } from '../version.ts'
import type { AgentContext } from './context.ts'
import { currentSettings } from './current-settings.ts'

/** The configuration of the edge, without secrets: for everyone on the LAN, as Moonraker shows its own. */
export function config(ctx: AgentContext) {
  const { config, settings } = ctx
  return {
    version,
    marketplace_url: config.marketplaceUrl,
    moonraker_url: withoutPassword(config.moonrakerUrl),
    has_moonraker_api_key: config.moonrakerApiKey !== undefined,
    data_dir: config.dataDir,
    stream_socket: config.streamSocket,
    log_level: config.logLevel,
    /** The values in use. `configured` has those of the file, `changed` those of set_config. */
    ...currentSettings(ctx),
    configured: { auto_start: config.autoStart, poll_seconds: config.timing.pollWaitS },
    changed: settings.changed(),
  }
}

function withoutPassword(address: string): string {
  const url = new URL(address)
  url.username = ''
  url.password = ''
  return url.href
}
