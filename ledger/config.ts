import { z } from 'zod'
import { timeScaleConfig } from '../runtime/time-scale.ts'
import { accountId } from '../schema/http/cws.ts'

/** "34.94.106.61:50211=0.0.3,..." as the record that connectLedger takes. */
const nodes = z
  .string()
  .regex(/^[\w.-]+:\d+=\d+\.\d+\.\d+(,[\w.-]+:\d+=\d+\.\d+\.\d+)*$/, 'must be address:port=account pairs with commas')
  .transform(text => Object.fromEntries(text.split(',').map(pair => pair.split('=') as [string, string])))

/** What the marketplace and the CWS read about the ledger: the same variables for both. */
export const ledgerConfig = {
  LEDGER_NETWORK: z.enum(['local', 'testnet', 'mainnet']),
  LEDGER_NODES: nodes,
  LEDGER_MIRROR_URL: z.url(),
  LEDGER_OPERATOR_ID: accountId,
  LEDGER_TOPIC_ID: accountId,
  /** The token PRINT. Without it nothing is paid in PRINT, and the marketplace says so. */
  LEDGER_PRINT_TOKEN_ID: accountId.optional(),
  ...timeScaleConfig,
}

/** Their part of connectLedger's options. */
export function toLedgerOptions(config: z.infer<z.ZodObject<typeof ledgerConfig>>) {
  return {
    network: config.LEDGER_NETWORK,
    nodes: config.LEDGER_NODES,
    mirrorUrl: config.LEDGER_MIRROR_URL,
    operatorId: config.LEDGER_OPERATOR_ID,
    timeScale: config.TIME_SCALE,
  }
}
