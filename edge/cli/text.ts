import type { Finding } from './doctor/finding.ts'
import type { EdgeStatus } from './edge-status.ts'

const signs = { ok: 'ok     ', warning: 'WARNING', problem: 'PROBLEM' }

/** A line for each finding: the result, and for a fault the command that mends it. */
export function findingText({ printer, level, text, remedy }: Finding, hasSeveralPrinters: boolean): string {
  const where = printer !== undefined && hasSeveralPrinters ? `[${printer}] ` : ''
  const advice = remedy === undefined ? '' : `  ->  ${remedy}`
  return `${signs[level]}  ${where}${text.replaceAll(/\s*\n\s*/g, ' ')}${advice}`
}

/** The status of one printer, for people. */
export function statusText(name: string, status: EdgeStatus): string {
  const { marketplace, printer, job, reports } = status
  const reach = { true: 'connected', false: 'does not answer', null: 'not asked yet' }[`${marketplace.reachable}`]
  const lines = [
    `printer       ${name}${status.registered ? `, registered as "${status.name}"` : ', not registered'}`,
    `marketplace   ${marketplace.url}: ${reach}${marketplace.problem === null ? '' : ` (${marketplace.problem})`}`,
    `moonraker     ${printer.connected ? `connected, Klipper is ${printer.klippy}` : 'not connected'}`,
    `print job     ${job ? `${job.file ?? 'new'}: ${job.state}${job.problem === null ? '' : ` (${job.problem})`}` : 'none'}`,
    ...(reports.length > 0 ? [`reports       ${reports.length} waiting for the marketplace`] : []),
    `version       ${status.version}`,
  ]
  return lines.join('\n')
}
