import { version } from '../version.ts'
import type { AgentContext } from './context.ts'

/** What the edge is set to, without secrets: for everyone on the LAN, as Moonraker shows its own configuration. */
export function config({ config, settings }: AgentContext) {
  return {
    version,
    marketplace_url: config.marketplaceUrl,
    moonraker_url: withoutPassword(config.moonrakerUrl),
    has_moonraker_api_key: config.moonrakerApiKey !== undefined,
    data_dir: config.dataDir,
    stream_socket: config.streamSocket,
    poll_seconds: config.timing.pollWaitS,
    log_level: config.logLevel,
    /** What holds; `configured` is what the configuration says, where set_config has not changed it. */
    auto_start: settings.autoStart(),
    ask_before_using_rights: settings.asksBeforeUsingRights(),
    configured: { auto_start: config.autoStart },
    changed: settings.changed(),
  }
}

function withoutPassword(address: string): string {
  const url = new URL(address)
  url.username = ''
  url.password = ''
  return url.href
}
