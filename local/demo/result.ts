import type { DemoRun } from './run-demo.ts'

export interface Result {
  prints_allowed: number
  prints_used: number
  payment: string
  layers: number
  lines: number
  sent_sha256: string
  run_sha256: string
  audit: { type: string; sequence: number | null }[]
  seconds: number
}

/** The result as `--json` prints it. */
export function toResult({ purchase, preparation, receipt, run }: DemoRun, seconds: number): Result {
  return {
    prints_allowed: purchase.prints_allowed,
    prints_used: purchase.prints_used,
    payment: receipt.payment.status,
    layers: preparation.totals?.layers ?? 0,
    lines: run.lines,
    sent_sha256: preparation.totals?.sha256 ?? '',
    run_sha256: run.sha256,
    audit: receipt.events.map(({ type, sequence_number }) => ({ type, sequence: sequence_number })),
    seconds: Math.round(seconds * 10) / 10,
  }
}

/** The printer must have run what the slicer sealed, byte for byte. */
export function isRight(result: Result): boolean {
  return result.payment === 'settled' && result.sent_sha256 !== '' && result.sent_sha256 === result.run_sha256
}

/** The result as a table for the terminal. */
export function toTable(result: Result): string {
  const rows = [
    ['paid', result.payment],
    ['rights', `${result.prints_used} used, ${result.prints_allowed - result.prints_used} left`],
    ['printed', `${result.layers} layers, ${result.lines} lines`],
    ['sealed G-code', result.sent_sha256],
    ['G-code that ran', `${result.run_sha256} ${isRight(result) ? '(the same)' : '(ANOTHER)'}`],
    ...result.audit.map(({ type, sequence }) => ['on the ledger', `${type} as message ${sequence}`]),
    ['from the start', `${result.seconds} s`],
  ]
  return rows.map(([name = '', value]) => `  ${name.padEnd(16)} ${value}`).join('\n')
}
