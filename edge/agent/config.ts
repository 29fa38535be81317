import { version } from '../version.ts'
import type { AgentContext } from './context.ts'

/** The configuration of the edge, without secrets: for everyone on the LAN, as Moonraker shows its own. */
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
    /** The values in use. `configured` has those of the file, `changed` those of set_config. */
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
