import type { Facts, MoonrakerFacts, PrinterFacts } from './facts.ts'
import { type Finding, ok, problem, warning } from './finding.ts'

/** A print of some hours, sealed, and what Klipper's logs need. */
const leastFreeMb = 500

/** The checks of one printer: its folder, sockets, Moonraker, Klipper, and its registration. */
export function judgePrinter(printer: PrinterFacts, facts: Facts): Finding[] {
  const install = `${facts.installation.folder}/install.sh`
  const findings = [
    dataDir(printer),
    disk(printer),
    socket(printer),
    running(printer),
    ...(printer.edge ? [agent(printer.edge), registration(printer.edge)] : []),
    ...judgeMoonraker(printer.moonraker, printer, facts, install),
  ]
  return findings.map(finding => ({ ...finding, printer: printer.name }))
}

const octal = (mode: number) => `0${mode.toString(8)}`

function dataDir({ dataDir: { path, mode } }: PrinterFacts): Finding {
  if (mode === null)
    return warning('data', `The data folder ${path} is not there yet.`, 'sudo systemctl restart lmnt-edge')
  if (mode & 0o077)
    return problem('data', `The data folder ${path} is open to others (${octal(mode)}).`, `chmod 700 '${path}'`)
  return ok('data', `The data folder ${path} is private.`)
}

function disk({ dataDir: { path, freeMb } }: PrinterFacts): Finding {
  if (freeMb === null || freeMb >= leastFreeMb)
    return ok('disk', freeMb === null ? 'The free disk space is not known.' : `${freeMb} MB of disk are free.`)
  return warning(
    'disk',
    `Only ${freeMb} MB are free on the disk of ${path}: a print may not fit.`,
    'df -h; sudo apt-get clean; remove old G-code files',
  )
}

function socket({ socket: { path, mode, folderMode }, edge }: PrinterFacts): Finding {
  if (/^\/(var\/)?tmp\//.test(path)) {
    const text = `The socket ${path} is in a folder that the service has for itself (PrivateTmp): Klipper cannot see it.`
    return problem(
      'socket',
      text,
      'Set stream_socket in lmnt-edge.cfg and socket in [lmnt_stream] to ~/printer_data/comms/lmnt/stream.sock',
    )
  }
  if (mode === null) {
    const restart = 'sudo systemctl restart lmnt-edge'
    return edge
      ? problem('socket', `The socket ${path} is gone.`, restart)
      : ok('socket', `The socket ${path} is made when the service starts.`)
  }
  if (mode & 0o177 || (folderMode ?? 0) & 0o077) {
    const modes = `${octal(mode)}, its folder ${octal(folderMode ?? 0)}`
    return problem('socket', `The socket ${path} is open to others (${modes}).`, 'sudo systemctl restart lmnt-edge')
  }
  return ok('socket', `The socket ${path} is private.`)
}

function running({ edge, name }: PrinterFacts): Finding {
  if (edge) return ok('edge', `LMNT ${edge.version} serves this printer.`)
  return problem(
    'edge',
    `The LMNT service does not answer for printer "${name}" as this user.`,
    'sudo systemctl status lmnt-edge',
  )
}

function agent({ isConnected }: NonNullable<PrinterFacts['edge']>): Finding {
  if (isConnected) return ok('agent', 'The LMNT service is connected to Moonraker.')
  return problem('agent', 'The LMNT service is not connected to Moonraker.', 'sudo systemctl restart moonraker')
}

function registration({ isRegistered, problem: text }: NonNullable<PrinterFacts['edge']>): Finding {
  if (!isRegistered) return warning('registration', 'The printer is not registered.', 'lmnt-edge register')
  if (text !== null) return problem('registration', text, 'lmnt-edge status')
  return ok('registration', 'The printer is registered.')
}

function judgeMoonraker(
  moonraker: MoonrakerFacts | null,
  printer: PrinterFacts,
  facts: Facts,
  install: string,
): Finding[] {
  if (moonraker === null) {
    return [
      problem(
        'moonraker',
        'Moonraker does not answer.',
        'sudo systemctl restart moonraker; see moonraker_url in lmnt-edge.cfg',
      ),
    ]
  }
  if (moonraker.needsKey) {
    const text = `Moonraker at ${moonraker.url} requires an API key (force_logins).`
    return [
      problem('moonraker', text, 'Name a file with the key (mode 0600) by moonraker_api_key_file in lmnt-edge.cfg'),
    ]
  }
  return [
    component(moonraker, install),
    klipper(moonraker),
    ...(moonraker.extra ? [extra(moonraker, printer, facts, install)] : []),
  ]
}

function component(
  { isComponentIncluded, isComponentLoaded, failedComponents }: MoonrakerFacts,
  install: string,
): Finding {
  if (!isComponentIncluded) return problem('component', 'moonraker.conf does not include [lmnt_marketplace].', install)
  if (isComponentLoaded) return ok('component', "Moonraker's component is loaded.")
  const reason = failedComponents.includes('lmnt_marketplace') ? 'could not load' : 'has not loaded'
  return problem(
    'component',
    `Moonraker ${reason} lmnt_marketplace.`,
    `${install}, then: sudo systemctl restart moonraker`,
  )
}

function klipper({ klippyState, klippyMessage }: MoonrakerFacts): Finding {
  if (klippyState === 'ready') return ok('klipper', 'Klipper is ready.')
  const reason = klippyMessage.split('\n')[0]?.trim() ?? ''
  return warning(
    'klipper',
    `Klipper is ${klippyState}${reason && `: ${reason}`}`,
    'See klippy.log; then FIRMWARE_RESTART',
  )
}

function extra(
  { extra: state, klippyState }: MoonrakerFacts,
  printer: PrinterFacts,
  facts: Facts,
  install: string,
): Finding {
  const { isIncluded = false, socket = null, loadedVersion = null, isLinked = false } = state ?? {}
  if (!isLinked) {
    const text = "The link of LMNT's extra in Klipper's folder is gone: an update of Klipper removes it."
    return problem('extra', text, 'sudo systemctl restart lmnt-edge, then: sudo systemctl restart klipper')
  }
  if (loadedVersion === null) {
    if (klippyState !== 'ready')
      return warning('extra', 'Whether the extra is loaded is known when Klipper is ready.', 'FIRMWARE_RESTART')
    if (!isIncluded) return problem('extra', 'printer.cfg does not include [lmnt_stream].', install)
    return problem('extra', 'Klipper has not loaded the extra lmnt_stream.', 'sudo systemctl restart klipper')
  }
  if (socket !== null && socket !== printer.socket.path) {
    const text = `[lmnt_stream] has the socket ${socket}, and lmnt-edge.cfg ${printer.socket.path}.`
    return problem('extra', text, 'Set both to the same path, then restart klipper and lmnt-edge')
  }
  if (loadedVersion !== facts.installation.version) {
    const text = `Klipper still runs version ${loadedVersion} of the extra; ${facts.installation.version} is installed.`
    return warning('extra', text, 'sudo systemctl restart klipper, when nothing is printed')
  }
  return ok('extra', `Klipper has loaded the extra, version ${loadedVersion}.`)
}
