import type { Facts } from './facts.ts'
import { type Finding, ok, problem, warning } from './finding.ts'

/** Less, and the kernel may end a process while a print runs. */
const leastMemoryMb = 100
/** A token of the marketplace is refused when the clocks differ by more. */
const mostClockOffsetS = 30

/** Node's names of the architectures, by Debian's names, which the archives have. */
const nodeArchitectures: Record<string, string> = { arm64: 'arm64', armv7l: 'arm', x64: 'x64' }

/** The checks of the host: installation, service, configuration, clock, memory, marketplace. */
export function judgeHost(facts: Facts): Finding[] {
  return [
    files(facts),
    architecture(facts),
    service(facts),
    configuration(facts),
    memory(facts),
    ...(facts.marketplace ? [marketplace(facts.marketplace), clock(facts.marketplace)] : []),
  ]
}

const installAgain = ({ installation }: Facts) => `${installation.folder}/install.sh --update`

function files(facts: Facts): Finding {
  const { changedFiles, version, folder } = facts.installation
  if (changedFiles.length === 0) return ok('files', `LMNT ${version} in ${folder} is complete.`)
  const names = changedFiles.slice(0, 3).join(', ') + (changedFiles.length > 3 ? ' and others' : '')
  return problem('files', `Files in ${folder} are missing or changed: ${names}.`, installAgain(facts))
}

function architecture(facts: Facts): Finding {
  const { architecture, node } = facts.host
  const asset = facts.installation.release?.asset ?? null
  const wanted = asset === null ? undefined : nodeArchitectures[/^lmnt-edge-(\w+)\.zip$/.exec(asset)?.[1] ?? '']
  if (wanted === undefined || wanted === architecture) return ok('node', `Node ${node} runs on ${architecture}.`)
  const text = `The installed archive ${asset} is for another architecture than this host's ${architecture}. Moonraker's roll-back does that.`
  return warning('node', text, installAgain(facts))
}

function service(facts: Facts): Finding {
  const { service, printers } = facts
  const isAnswering = printers.length > 0 && printers.every(({ edge }) => edge !== null)
  if (service === null) {
    if (isAnswering) return ok('service', 'The LMNT service is running.')
    return problem(
      'service',
      'The LMNT service does not answer, and this host has no systemd.',
      `${facts.installation.folder}/lmnt-edge`,
    )
  }
  if (!service.isInstalled)
    return problem('service', 'systemd does not know lmnt-edge.service.', `${facts.installation.folder}/install.sh`)
  if (service.state !== 'active') {
    return problem(
      'service',
      `The LMNT service is ${service.state}.`,
      'sudo systemctl restart lmnt-edge; journalctl -u lmnt-edge -n 30',
    )
  }
  if (!service.isEnabled) {
    return warning(
      'service',
      'The LMNT service runs, but does not start with the host.',
      'sudo systemctl enable lmnt-edge',
    )
  }
  return ok('service', 'The LMNT service is running, and starts with the host.')
}

function configuration({ configuration: { path, problem: text } }: Facts): Finding {
  if (text === null) return ok('configuration', `${path} can be used.`)
  return problem('configuration', text, `Change ${path}, then: sudo systemctl restart lmnt-edge`)
}

function memory({ host: { memoryAvailableMb } }: Facts): Finding {
  if (memoryAvailableMb === null) return ok('memory', 'The free memory is not known here.')
  if (memoryAvailableMb >= leastMemoryMb) return ok('memory', `${memoryAvailableMb} MB of memory are available.`)
  const text = `Only ${memoryAvailableMb} MB of memory are available: a long print may be ended by the system.`
  return warning('memory', text, 'free -m; ps aux --sort=-rss | head')
}

function marketplace({ url, isReached }: NonNullable<Facts['marketplace']>): Finding {
  if (isReached) return ok('marketplace', `${url} answers.`)
  return problem('marketplace', `The marketplace ${url} does not answer from this host.`, `curl -v ${url}/livez`)
}

function clock({ clockOffsetS }: NonNullable<Facts['marketplace']>): Finding {
  if (clockOffsetS === null) return ok('clock', 'The clock could not be compared: the marketplace does not answer.')
  if (Math.abs(clockOffsetS) <= mostClockOffsetS) return ok('clock', 'The clock is right.')
  const text = `This host's clock is ${Math.abs(clockOffsetS)} s ${clockOffsetS > 0 ? 'ahead' : 'behind'}.`
  return problem('clock', text, 'sudo timedatectl set-ntp true; timedatectl')
}
