/** The Custodial Wallet Service as a process. */
import { randomBytes } from 'node:crypto'
import { toLedgerOptions } from '../ledger/config.ts'
import { connectLedger } from '../ledger/connect.ts'
import { listenAddress, readConfig } from '../runtime/config.ts'
import { idTokenVerifier } from '../runtime/id-token.ts'
import { createLog } from '../runtime/log.ts'
import { onShutdown, run } from '../runtime/process.ts'
import { listen } from '../runtime/serve.ts'
import { requireRealTime } from '../runtime/time-scale.ts'
import { migrate } from '../schema/db/migrate.ts'
import { createCws } from './app.ts'
import { openDatabase, serviceConfig } from './config.ts'
import { grantVerifier } from './grant.ts'
import { readKeyring } from './keys/keyring.ts'
import { readOperatorKey } from './keys/operator-key.ts'
import { addPayee } from './payees/add-payee.ts'

run('cws', async () => {
  const config = readConfig(serviceConfig, process.env)
  requireRealTime(config, config.LEDGER_NETWORK !== 'local')
  const log = createLog('cws', config.LOG_LEVEL)
  const clock = () => new Date()
  const keyring = readKeyring(config.CWS_KEYRING_FILE)
  const operatorKey = readOperatorKey(config.CWS_OPERATOR_KEY_FILE)
  const database = openDatabase(config)
  const { db, sql } = database
  await migrate(sql, config.CWS_MIGRATIONS)
  await addPayee({ db, clock }, { accountId: config.FEE_ACCOUNT_ID, kind: 'fee', addedBy: 'the configuration' })
  const ledger = await connectLedger({ ...toLedgerOptions(config), clock, random: randomBytes })

  const app = createCws({
    db,
    clock,
    random: randomBytes,
    keyring,
    operatorKey,
    ledger,
    log,
    settings: {
      operatorId: config.LEDGER_OPERATOR_ID,
      topicId: config.LEDGER_TOPIC_ID,
      dailyCaps: { hbar: config.CWS_DAILY_CAP_TINYBAR, print: config.CWS_DAILY_CAP_PRINT_UNITS },
      openingsPerJob: config.CWS_OPENINGS_PER_JOB,
      printTokenId: config.LEDGER_PRINT_TOKEN_ID,
      bffServiceAccount: config.BFF_SERVICE_ACCOUNT,
      operatorServiceAccount: config.OPERATOR_SERVICE_ACCOUNT,
      slicerServiceAccount: config.SLICER_SERVICE_ACCOUNT,
    },
    verifyIdToken: idTokenVerifier({
      jwksUrl: config.GOOGLE_JWKS_URL,
      issuer: config.GOOGLE_ISSUER,
      audience: config.CWS_URL,
    }),
    verifyGrant: grantVerifier({ jwksUrl: config.BFF_JWKS_URL, issuer: config.BFF_ISSUER, clock }),
    ready: async () => {
      await sql`SELECT 1`
    },
  })
  const server = await listen(app, listenAddress(config))
  const { url } = server
  const { LEDGER_OPERATOR_ID: operator, LEDGER_NETWORK: network } = config
  log.info({ url, operator, network }, `the CWS listens at ${url}`)
  onShutdown(async () => {
    await server.close()
    await ledger.close()
    await database.close()
  })
})
