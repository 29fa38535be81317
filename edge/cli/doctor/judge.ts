import type { Facts } from './facts.ts'
import type { Finding } from './finding.ts'
import { judgeHost } from './judge-host.ts'
import { judgePage } from './judge-page.ts'
import { judgePrinter } from './judge-printer.ts'

/** Every check with its result, in the order in which a person mends them. Pure: facts in, findings out. */
export function judge(facts: Facts): Finding[] {
  return [...judgeHost(facts), ...judgePage(facts), ...facts.printers.flatMap(printer => judgePrinter(printer, facts))]
}

/** Whether the doctor's exit status is 0. */
export function isHealthy(findings: Finding[]): boolean {
  return findings.every(({ level }) => level !== 'problem')
}
