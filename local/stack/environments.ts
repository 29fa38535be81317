import { join } from 'node:path'
import type { GoogleAddresses } from '../google/start.ts'
import { cloud } from './cloud.ts'
import { writeEdgeCfg } from './edge-config.ts'
import type { Folders } from './folders.ts'
import type { LedgerIds, LedgerPlace } from './ledger.ts'
import type { Ports } from './ports.ts'
import type { Secrets } from './secrets.ts'

/** The folders, ports, addresses and ids of the local stack. */
export interface Place {
  folders: Folders
  ports: Ports
  secrets: Secrets
  google: GoogleAddresses
  ledger: LedgerPlace
  ledgerIds: LedgerIds
  postgresSocket: string
  /** The address of each service. */
  urls: Urls
  timeScale: number
}

export const databases = { bff: 'lmnt', cws: 'lmnt_cws' } as const

export type Urls = Record<'bff' | 'cws' | 'slicer' | 'printer', string>

export const at = (port: number) => `http://127.0.0.1:${port}`

/** The name of one of several instances: edge, edge-2, edge-3. */
export const instance = (name: string, index: number) => (index === 0 ? name : `${name}-${index + 1}`)

/** The extra's socket of each printer. */
export const streamSocket = (folders: Folders, printer = 0) =>
  join(folders.sockets, 'lmnt', `${instance('stream', printer)}.sock`)

/** The environment of each of our services: the variables that an operator would set, with local values. */
export function environments(place: Place) {
  const { ports, secrets, google, ledgerIds, folders, urls: url } = place
  const timeScale = { TIME_SCALE: String(place.timeScale) }
  const googleOf = (name: string) => ({
    ...google.environments[name],
    GOOGLE_JWKS_URL: google.jwksUrl,
    GOOGLE_ISSUER: google.issuer,
    STORAGE_API_ENDPOINT: google.storageUrl,
  })
  const ledger = {
    LEDGER_NETWORK: 'local',
    LEDGER_NODES: `${place.ledger.node.address}=${place.ledger.node.account}`,
    LEDGER_MIRROR_URL: place.ledger.mirrorUrl,
    LEDGER_OPERATOR_ID: ledgerIds.operatorId,
    LEDGER_TOPIC_ID: ledgerIds.topicId,
    LEDGER_PRINT_TOKEN_ID: ledgerIds.printTokenId,
    FEE_ACCOUNT_ID: ledgerIds.feeAccountId,
  }
  const accounts = {
    BFF_SERVICE_ACCOUNT: cloud.accounts.bff,
    SLICER_SERVICE_ACCOUNT: cloud.accounts.slicer,
    PUSH_SERVICE_ACCOUNT: cloud.accounts.push,
    SCHEDULER_SERVICE_ACCOUNT: cloud.accounts.scheduler,
    OPERATOR_SERVICE_ACCOUNT: cloud.accounts.operator,
  }
  const bff = {
    ...googleOf('bff'),
    ...ledger,
    ...accounts,
    ...timeScale,
    PORT: String(ports.bff),
    MARKETPLACE_URL: url.bff,
    CWS_URL: url.cws,
    SLICER_URL: url.slicer,
    TOKEN_KEY_FILE: secrets.tokenKeyFile,
    DATABASE_HOST: place.postgresSocket,
    DATABASE_NAME: databases.bff,
    DATABASE_USER: 'postgres',
    ENVIRONMENT: cloud.environment,
    BUCKET_NAME: cloud.bucket,
    SLICING_FEE_TINYBAR: '10000000',
    SLICING_FEE_PRINT_UNITS: '10',
    TICK_SECONDS: '2',
  }
  return {
    bff,
    /** The bff's environment, with the operator's service account: only that one may ask the CWS for refunds. */
    operator: { ...bff, ...googleOf('operator') },
    cws: {
      ...googleOf('cws'),
      ...ledger,
      ...accounts,
      ...timeScale,
      PORT: String(ports.cws),
      CWS_URL: url.cws,
      CWS_DATABASE_HOST: place.postgresSocket,
      CWS_DATABASE_NAME: databases.cws,
      CWS_DATABASE_USER: 'postgres',
      BFF_ISSUER: url.bff,
      BFF_JWKS_URL: `${url.bff}/.well-known/jwks.json`,
      CWS_KEYRING_FILE: secrets.keyringFile,
      CWS_OPERATOR_KEY_FILE: secrets.operatorKeyFile,
      CWS_DAILY_CAP_TINYBAR: String(10_000n * 100_000_000n),
      CWS_DAILY_CAP_PRINT_UNITS: String(10_000n * 100n),
    },
    slicer: {
      ...googleOf('slicer'),
      ...accounts,
      PORT: String(ports.slicer),
      SLICER_URL: url.slicer,
      BFF_URL: url.bff,
      CWS_URL: url.cws,
      TOPIC_SLICING_RESULTS: `${cloud.environment}-slicing-results`,
      SLICER_ENGINE: 'three',
      ENGINE_CHILD: 'dist/slicer-three.js',
      MODEL_CHILD: 'dist/slicer-open.js',
      // macOS has neither sandbox, and `npm start` must work there. The slicer logs whether it uses one.
      SLICER_ALLOW_UNSANDBOXED: 'true',
    },
    /** The environment of an edge that serves these printers. Writes its configuration file. */
    edge: (index: number, printers: number[]) => ({
      ...timeScale,
      EDGE_CONFIG: writeEdgeCfg(
        folders,
        instance('edge', index),
        url.bff,
        printers.map(printer => ({
          name: instance('printer', printer),
          moonrakerUrl: at(ports[instance('printer', printer)]!),
          streamSocket: streamSocket(folders, printer),
        })),
        // One page for a stack: of its first edge.
        index === 0 ? { httpPort: ports.page, httpsPort: ports.pageHttps } : undefined,
      ),
    }),
  }
}
