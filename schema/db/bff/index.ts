/**
 * The marketplace's tables. What must never be false is a constraint here, not a hope in the code: rights cannot go
 * negative or over what was bought, a printer has one active job, a thing is paid for by one transaction.
 */
import { sql } from 'drizzle-orm'
import {
  bigint,
  bigserial,
  boolean,
  check,
  customType,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  real,
  text,
  timestamp,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import type { Role } from '../../http/auth.ts'
import type { Currency } from '../../http/money.ts'
import type { PreparationStatus, SlicingStep } from '../../http/preparations.ts'
import type { JobStatus, PrintOutcome, PrintStats } from '../../http/print-jobs.ts'
import type { Settings } from '../../http/profiles.ts'
import type { PurchaseStatus } from '../../http/purchases.ts'
import type { GcodeTotals, SliceSummary } from '../../http/slice.ts'

const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' })
const units = (name: string) => bigint(name, { mode: 'bigint' })
const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })

export const users = pgTable('users', {
  userId: text('user_id').primaryKey(),
  email: text('email').notNull().unique(),
  passwordHash: text('password_hash').notNull(),
  role: text('role').$type<Role>().notNull(),
  createdAt: at('created_at').notNull(),
})

/**
 * One row a session, changed by each refresh in place: who refreshes, logs out or ends it waits for the same row, and none
 * outlives its end.
 */
export const sessions = pgTable(
  'sessions',
  {
    sessionId: text('session_id').primaryKey(),
    userId: text('user_id')
      .notNull()
      .references(() => users.userId),
    /** Of the part that all refresh tokens of the session have in common. */
    familyHash: text('family_hash').notNull().unique(),
    /** Of the refresh token that is good now. Another one of the family was used before: somebody has stolen it. */
    tokenHash: text('token_hash').notNull(),
    userAgent: text('user_agent'),
    createdAt: at('created_at').notNull(),
    usedAt: at('used_at').notNull(),
    expiresAt: at('expires_at').notNull(),
  },
  table => [index('sessions_of_user').on(table.userId, table.usedAt), index('sessions_expiry').on(table.expiresAt)],
)

/** Of earlier versions, whose tokens are sessions now: nothing is written here any more, and what is left is forgotten. */
export const refreshTokens = pgTable(
  'refresh_tokens',
  {
    tokenHash: text('token_hash').primaryKey(),
    userId: text('user_id')
      .notNull()
      .references(() => users.userId),
    family: text('family').notNull(),
    expiresAt: at('expires_at').notNull(),
    usedAt: at('used_at'),
  },
  table => [index('refresh_tokens_family').on(table.family), index('refresh_tokens_expiry').on(table.expiresAt)],
)

/** Failed log-ins by account and by address, counted in windows. */
export const throttles = pgTable(
  'throttles',
  {
    key: text('key').primaryKey(),
    count: integer('count').notNull(),
    resetsAt: at('resets_at').notNull(),
  },
  table => [index('throttles_over').on(table.resetsAt)],
)

/** A person pays from a wallet; what is paid for a designer's models goes to a treasury. Both accounts are the CWS's. */
export const wallets = pgTable(
  'wallets',
  {
    userId: text('user_id')
      .notNull()
      .references(() => users.userId),
    purpose: text('purpose').$type<'wallet' | 'treasury'>().notNull(),
    accountId: text('account_id').notNull(),
    /** The token that it can hold beside HBAR, as the CWS has told. */
    tokenId: text('token_id'),
    createdAt: at('created_at').notNull(),
  },
  table => [primaryKey({ columns: [table.userId, table.purpose] })],
)

export const publishedModels = pgTable(
  'published_models',
  {
    modelId: text('model_id').primaryKey(),
    designerId: text('designer_id')
      .notNull()
      .references(() => users.userId),
    title: text('title').notNull(),
    description: text('description').notNull(),
    status: text('status').$type<'inspecting' | 'published' | 'rejected'>().notNull(),
    fileUrl: text('file_url').notNull(),
    modelDek: text('model_dek').notNull(),
    modelFileIv: text('model_file_iv').notNull(),
    modelFileMac: text('model_file_mac'),
    size: integer('size'),
    triangles: integer('triangles'),
    sizeX: real('size_x_mm'),
    sizeY: real('size_y_mm'),
    sizeZ: real('size_z_mm'),
    warnings: jsonb('warnings').$type<string[]>(),
    thumbnail: bytea('thumbnail'),
    tokenTreasuryAccountId: text('token_treasury_account_id').notNull(),
    /** The request that it came with (idempotency.ts): one that comes twice publishes one model. */
    operation: text('operation'),
    createdAt: at('created_at').notNull(),
  },
  table => [
    index('published_models_listing').on(table.status, table.createdAt),
    uniqueIndex('one_published_model_an_operation').on(table.operation).where(sql`${table.status} = 'published'`),
  ],
)

export const modelLicenses = pgTable(
  'model_licenses',
  {
    modelId: text('model_id')
      .notNull()
      .references(() => publishedModels.modelId, { onDelete: 'cascade' }),
    licenseType: text('license_type').notNull(),
    priceHbar: units('price_hbar'),
    pricePrint: units('price_print'),
    printsAllowed: integer('prints_allowed').notNull(),
  },
  table => [
    primaryKey({ columns: [table.modelId, table.licenseType] }),
    check('a_price', sql`${table.priceHbar} > 0 OR ${table.pricePrint} > 0`),
    check('some_prints', sql`${table.printsAllowed} > 0`),
  ],
)

export const modelNftSettings = pgTable('model_nft_settings', {
  modelId: text('model_id')
    .primaryKey()
    .references(() => publishedModels.modelId, { onDelete: 'cascade' }),
  nftId: text('nft_id').notNull(),
})

export const purchases = pgTable(
  'purchases',
  {
    purchaseId: text('purchase_id').primaryKey(),
    userId: text('user_id')
      .notNull()
      .references(() => users.userId),
    modelId: text('model_id')
      .notNull()
      .references(() => publishedModels.modelId),
    nftId: text('nft_id'),
    licenseType: text('license_type').notNull(),
    price: units('price').notNull(),
    currency: text('currency').$type<Currency>().notNull(),
    printsAllowed: integer('prints_allowed').notNull(),
    printsUsed: integer('prints_used').notNull().default(0),
    printsReserved: integer('prints_reserved').notNull().default(0),
    /** Print jobs in a row whose key was granted and that ended without success; an operator sets it back. */
    attempts: integer('attempts').notNull().default(0),
    status: text('status').$type<PurchaseStatus>().notNull(),
    error: text('error'),
    createdAt: at('created_at').notNull(),
  },
  table => [
    index('purchases_of_user').on(table.userId, table.createdAt),
    index('purchases_pending').on(table.createdAt).where(sql`${table.status} = 'pending'`),
    check(
      'rights',
      sql`${table.printsUsed} >= 0 AND ${table.printsReserved} >= 0 AND ${table.printsUsed} + ${table.printsReserved} <= ${table.printsAllowed}`,
    ),
  ],
)

/** A purchase that an operator gives back. Its unused prints are taken from it before the money moves, and kept here till then. */
export const refunds = pgTable(
  'refunds',
  {
    purchaseId: text('purchase_id')
      .primaryKey()
      .references(() => purchases.purchaseId),
    reason: text('reason').notNull(),
    printsWithdrawn: integer('prints_withdrawn').notNull(),
    createdAt: at('created_at').notNull(),
  },
  table => [check('some_prints', sql`${table.printsWithdrawn} >= 0`)],
)

export const printProfiles = pgTable(
  'print_profiles',
  {
    printProfileId: text('print_profile_id').primaryKey(),
    userId: text('user_id')
      .notNull()
      .references(() => users.userId),
    name: text('name').notNull(),
    machineSettings: jsonb('machine_settings').$type<Settings>().notNull(),
    processSettings: jsonb('process_settings').$type<Settings>().notNull(),
    filament: jsonb('filament').$type<Settings>().notNull(),
    /** Of its settings, so that a list knows how many fit into an answer without reading them. */
    bytes: integer('bytes')
      .notNull()
      .generatedAlwaysAs(
        sql`octet_length(machine_settings::text) + octet_length(process_settings::text) + octet_length(filament::text)`,
      ),
    createdAt: at('created_at').notNull(),
  },
  table => [index('print_profiles_of_user').on(table.userId)],
)

export const printers = pgTable(
  'printers',
  {
    printerId: text('printer_id').primaryKey(),
    userId: text('user_id')
      .notNull()
      .references(() => users.userId),
    name: text('name').notNull(),
    description: text('description').notNull(),
    kekEncryptedPsek: text('kek_encrypted_psek').notNull(),
    status: text('status').$type<'active' | 'revoked'>().notNull(),
    /** The newest version of its token that was used: older ones are refused. */
    tokenVersion: integer('token_version').notNull().default(1),
    printerMayPrint: boolean('printer_may_print').notNull(),
    lastSeenAt: at('last_seen_at'),
    createdAt: at('created_at').notNull(),
    updatedAt: at('updated_at').notNull(),
  },
  table => [index('printers_of_user').on(table.userId)],
)

export const preparations = pgTable(
  'preparations',
  {
    preparationId: text('preparation_id').primaryKey(),
    purchaseId: text('purchase_id')
      .notNull()
      .references(() => purchases.purchaseId),
    printerId: text('printer_id')
      .notNull()
      .references(() => printers.printerId),
    printProfileId: text('print_profile_id')
      .notNull()
      .references(() => printProfiles.printProfileId),
    status: text('status').$type<PreparationStatus>().notNull(),
    step: text('step').$type<SlicingStep>().notNull(),
    progress: real('progress').notNull().default(0),
    /** Which attempt of the slicer holds it, and until when. */
    leaseId: text('lease_id'),
    leaseUntil: at('lease_until'),
    slicingFee: units('slicing_fee').notNull(),
    feeCurrency: text('fee_currency').$type<Currency>().notNull(),
    printImmediately: boolean('print_immediately').notNull(),
    printError: text('print_error'),
    errorCode: text('error_code'),
    error: text('error'),
    gcodeFileUrl: text('gcode_file_url'),
    psekEncryptedGcodeDek: text('psek_encrypted_gcode_dek'),
    gcodeTtlExpiry: at('gcode_ttl_expiry'),
    /** Of the sealed object. */
    gcodeSize: bigint('gcode_size', { mode: 'number' }),
    gcodeSha256: text('gcode_sha256'),
    totals: jsonb('totals').$type<GcodeTotals>(),
    summary: jsonb('summary').$type<SliceSummary>(),
    engine: jsonb('engine').$type<{ name: string; version: string }>(),
    warnings: jsonb('warnings').$type<string[]>().notNull(),
    thumbnail: bytea('thumbnail'),
    thumbnailSmall: bytea('thumbnail_small'),
    createdAt: at('created_at').notNull(),
    updatedAt: at('updated_at').notNull(),
  },
  table => [
    index('preparations_of_purchase').on(table.purchaseId, table.createdAt),
    index('preparations_of_printer').on(table.printerId, table.status),
    index('preparations_live').on(table.status, table.gcodeTtlExpiry),
  ],
)

export const printJobs = pgTable(
  'print_jobs',
  {
    printJobId: text('print_job_id').primaryKey(),
    purchaseId: text('purchase_id')
      .notNull()
      .references(() => purchases.purchaseId),
    preparationId: text('preparation_id')
      .notNull()
      .references(() => preparations.preparationId),
    printerId: text('printer_id')
      .notNull()
      .references(() => printers.printerId),
    userId: text('user_id').notNull(),
    status: text('status').$type<JobStatus>().notNull(),
    cancelRequested: boolean('cancel_requested').notNull().default(false),
    pauseRequested: boolean('pause_requested').notNull().default(false),
    /** The edge's boot that claimed it; another one must wait for the lease to pass. */
    bootNonce: text('boot_nonce'),
    leaseUntil: at('lease_until'),
    keysGranted: integer('keys_granted').notNull().default(0),
    progress: real('progress').notNull().default(0),
    outcome: text('outcome').$type<PrintOutcome>(),
    error: text('error'),
    stats: jsonb('stats').$type<PrintStats>(),
    createdAt: at('created_at').notNull(),
    claimedAt: at('claimed_at'),
    startedAt: at('started_at'),
    lastWordAt: at('last_word_at'),
    endedAt: at('ended_at'),
  },
  table => [
    index('print_jobs_of_purchase').on(table.purchaseId, table.createdAt),
    index('print_jobs_of_preparation').on(table.preparationId),
    index('print_jobs_of_user').on(table.userId, table.createdAt),
    index('print_jobs_queue').on(table.printerId, table.status, table.createdAt),
    uniqueIndex('one_active_job_a_printer').on(table.printerId).where(sql`${table.status} IN ('claimed', 'printing')`),
  ],
)

/** Everything that we ever send to the ledger. Id and signed bytes are here before the first byte goes out. */
export const ledgerTransactions = pgTable(
  'ledger_transactions',
  {
    transactionId: text('transaction_id').primaryKey(),
    kind: text('kind').$type<'purchase' | 'slicing_fee' | 'event' | 'refund'>().notNull(),
    /** The purchase, preparation or outbox event that it is for. */
    subjectId: text('subject_id').notNull(),
    status: text('status').$type<'created' | 'submitted' | 'settled' | 'failed'>().notNull(),
    signedBytes: bytea('signed_bytes').notNull(),
    validUntil: at('valid_until').notNull(),
    amount: units('amount'),
    currency: text('currency').$type<Currency>(),
    payer: text('payer'),
    payee: text('payee'),
    consensusTimestamp: text('consensus_timestamp'),
    topicSequence: bigint('topic_sequence', { mode: 'number' }),
    error: text('error'),
    createdAt: at('created_at').notNull(),
    settledAt: at('settled_at'),
  },
  table => [
    uniqueIndex('one_live_transaction_a_subject')
      .on(table.kind, table.subjectId)
      .where(sql`${table.status} <> 'failed'`),
    index('ledger_transactions_of_subject').on(table.subjectId, table.kind),
    index('ledger_transactions_open').on(table.createdAt).where(sql`${table.status} IN ('created', 'submitted')`),
    index('ledger_transactions_untimed')
      .on(table.settledAt)
      .where(sql`${table.status} = 'settled' AND ${table.consensusTimestamp} IS NULL`),
  ],
)

/** What the transaction that changed a state owes to the outside: a message, or a ledger event. */
export const outbox = pgTable(
  'outbox',
  {
    eventId: text('event_id').primaryKey(),
    channel: text('channel')
      .$type<'slicing-jobs' | 'print-jobs' | 'ledger' | 'charge-fee' | 'delete-object' | 'end-job'>()
      .notNull(),
    type: text('type').notNull(),
    /** The purchase whose receipt shows it; null for events of no purchase. */
    purchaseId: text('purchase_id'),
    payload: jsonb('payload').$type<Record<string, unknown>>().notNull(),
    /** Of a ledger event: the exact text that the digest on the topic is of, and its salt. */
    eventText: text('event_text'),
    salt: text('salt'),
    /** The order in which rows were written; those of one order key are delivered in it. */
    position: bigserial('position', { mode: 'number' }).notNull(),
    orderKey: text('order_key'),
    createdAt: at('created_at').notNull(),
    dueAt: at('due_at').notNull(),
    attempts: integer('attempts').notNull().default(0),
    /** Attempts that failed by the row's own fault, as far as we know: after some it is dead until an operator replays it. */
    failures: integer('failures').notNull().default(0),
    deadAt: at('dead_at'),
    deliveredAt: at('delivered_at'),
    lastError: text('last_error'),
  },
  table => [
    index('outbox_due')
      .on(table.channel, table.dueAt)
      .where(sql`${table.deliveredAt} IS NULL AND ${table.deadAt} IS NULL`),
    index('outbox_in_order')
      .on(table.orderKey, table.position)
      .where(sql`${table.deliveredAt} IS NULL AND ${table.deadAt} IS NULL`),
    index('outbox_forgettable')
      .on(table.deliveredAt)
      .where(sql`${table.deliveredAt} IS NOT NULL AND ${table.channel} <> 'ledger'`),
    index('outbox_dead').on(table.deadAt).where(sql`${table.deadAt} IS NOT NULL`),
    index('outbox_of_purchase').on(table.purchaseId, table.createdAt),
  ],
)

/** Messages that reached us and that we could not take. An operator looks at them, and replays them. */
export const deadLetters = pgTable('dead_letters', {
  /** The subscription's topic and Pub/Sub's own id of the message: a repeat is the same letter. */
  letterId: text('letter_id').primaryKey(),
  topic: text('topic').$type<'slicing-jobs' | 'slicing-results'>().notNull(),
  /** What was sent, as it came: it need not be JSON, nor text. */
  body: bytea('body').notNull(),
  error: text('error').notNull(),
  failures: integer('failures').notNull(),
  firstFailedAt: at('first_failed_at').notNull(),
  /** From then on it is no longer pushed to us; before, it comes again by itself. */
  deadAt: at('dead_at'),
  /** When it was taken after all, by a replay or by coming again. */
  takenAt: at('taken_at'),
})

/** What operators did by hand. Only ever added to. */
export const operatorActs = pgTable(
  'operator_acts',
  {
    actId: bigserial('act_id', { mode: 'number' }).primaryKey(),
    act: text('act').notNull(),
    /** The purchase, event or message that it was done to. */
    subjectId: text('subject_id').notNull(),
    detail: jsonb('detail').$type<Record<string, unknown>>().notNull(),
    createdAt: at('created_at').notNull(),
  },
  table => [index('operator_acts_of_subject').on(table.subjectId)],
)

/** Answers to requests that may come twice. The key's owner is the user, or the printer that asks by a token of its own. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    userId: text('user_id').notNull(),
    route: text('route').notNull(),
    key: text('key').notNull(),
    /** Null until a form that streams past has been read. */
    bodyHash: text('body_hash'),
    /** Names what the request does through crashes: whoever takes it up finds what was done already. */
    operation: text('operation').notNull(),
    /** Whoever works on it renews the lease; `attempt` tells him from one who took over when it was past. */
    attempt: integer('attempt').notNull(),
    leaseUntil: at('lease_until').notNull(),
    /** The answer, once there is one. */
    status: integer('status'),
    response: jsonb('response').$type<unknown>(),
    expiresAt: at('expires_at').notNull(),
  },
  table => [
    primaryKey({ columns: [table.userId, table.route, table.key] }),
    index('idempotency_keys_expiry').on(table.expiresAt),
  ],
)
