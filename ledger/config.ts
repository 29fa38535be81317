import { z } from 'zod'
import { timeScaleConfig } from '../runtime/time-scale.ts'
import { accountId } from '../schema/http/cws.ts'

/** Parses "34.94.106.61:50211=0.0.3,..." into the record that connectLedger expects. */
const nodes = z
  .string()
  .regex(
    /^[\w.-]+:\d+=\d+\.\d+\.\d+(,[\w.-]+:\d+=\d+\.\d+\.\d+)*$/,
    'must be address:port=account pairs separated by commas',
  )
  .transform(text => Object.fromEntries(text.split(',').map(pair => pair.split('=') as [string, string])))

/** The ledger's environment variables, the same for the marketplace and the CWS. */
export const ledgerConfig = {
  LEDGER_NETWORK: z.enum(['local', 'testnet', 'mainnet']),
  LEDGER_NODES: nodes,
  LEDGER_MIRROR_URL: z.url(),
  LEDGER_OPERATOR_ID: accountId,
  LEDGER_TOPIC_ID: accountId,
  /** The id of the token PRINT. Unset: payments in PRINT are refused. */
  LEDGER_PRINT_TOKEN_ID: accountId.optional(),
  ...timeScaleConfig,
}

/** The options for connectLedger that come from the environment. */
export function toLedgerOptions(config: z.infer<z.ZodObject<typeof ledgerConfig>>) {
  return {
    network: config.LEDGER_NETWORK,
    nodes: config.LEDGER_NODES,
    mirrorUrl: config.LEDGER_MIRROR_URL,
    operatorId: config.LEDGER_OPERATOR_ID,
    timeScale: config.TIME_SCALE,
  }
}
