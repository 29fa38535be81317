import type { PageSettings } from '../../schema/page/state.ts'
import type { AgentContext } from './context.ts'

/** The options in use that set_config can change. */
export function currentSettings({ settings }: Pick<AgentContext, 'settings'>): PageSettings {
  return {
    auto_start: settings.autoStart(),
    ask_before_using_rights: settings.asksBeforeUsingRights(),
    poll_seconds: settings.pollSeconds(),
    host_interface: settings.hostInterface(),
  }
}
