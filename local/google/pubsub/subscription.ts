import type protos from '@google-cloud/pubsub/build/protos/protos.js'
import { z } from 'zod'
import { checkResourceName } from './names.ts'
import { invalid } from './status.ts'

type ISubscription = protos.google.pubsub.v1.ISubscription
type IPushConfig = protos.google.pubsub.v1.IPushConfig
type IDuration = protos.google.protobuf.IDuration

/** The endpoint of pushes, and the account of their ID token. */
export const pushSchema = z.object({
  endpoint: z.string(),
  account: z.string().optional(),
  audience: z.string().optional(),
})

export const subscriptionSchema = z.object({
  name: z.string(),
  topic: z.string(),
  ackDeadlineSeconds: z.number(),
  labels: z.record(z.string(), z.string()),
  push: pushSchema.optional(),
  retry: z.object({ minimumMs: z.number(), maximumMs: z.number() }).optional(),
  deadLetter: z.object({ topic: z.string(), maxDeliveryAttempts: z.number() }).optional(),
})

export type Push = z.infer<typeof pushSchema>
export type Subscription = z.infer<typeof subscriptionSchema>

export interface SubscriptionRules {
  projectId: string
  hasAccount: (email: string) => boolean
}

/** Fields that would change a subscription in a way that the double does not support. */
const unknownFeatures = [
  ...(['filter', 'enableMessageOrdering', 'enableExactlyOnceDelivery', 'retainAckedMessages'] as const),
  ...(['bigqueryConfig', 'cloudStorageConfig', 'bigtableConfig'] as const),
]

/** Checks a requested subscription. */
export function readSubscription(asked: ISubscription, rules: SubscriptionRules): Subscription {
  for (const feature of unknownFeatures) {
    if (asked[feature]) throw invalid(`This double does not know ${feature}.`)
  }
  const ackDeadlineSeconds = asked.ackDeadlineSeconds || 10
  if (ackDeadlineSeconds < 10 || ackDeadlineSeconds > 600) {
    throw invalid(`Invalid ack deadline given (ackDeadlineSeconds=${ackDeadlineSeconds}): 10 to 600.`)
  }
  const push = readPush(asked.pushConfig, rules)
  const retry = readRetry(asked)
  const deadLetter = readDeadLetter(asked, rules)
  return {
    name: checkResourceName('subscriptions', asked.name ?? '', rules.projectId),
    topic: checkResourceName('topics', asked.topic ?? '', rules.projectId),
    ackDeadlineSeconds,
    labels: asked.labels ?? {},
    ...(push ? { push } : {}),
    ...(retry ? { retry } : {}),
    ...(deadLetter ? { deadLetter } : {}),
  }
}

const changeable = {
  ack_deadline_seconds: 'ackDeadlineSeconds',
  labels: 'labels',
  push_config: 'pushConfig',
  retry_policy: 'retryPolicy',
  dead_letter_policy: 'deadLetterPolicy',
} as const

/** Checks a change of some fields, by their paths. A path without a value clears its field. */
export function readChange(
  old: Subscription,
  asked: ISubscription,
  paths: readonly string[],
  rules: SubscriptionRules,
): Subscription {
  if (paths.length === 0) throw invalid('The update_mask in the UpdateSubscriptionRequest must be set, and not empty.')
  const changed = showSubscription(old)
  for (const path of paths) {
    if (!Object.hasOwn(changeable, path)) throw invalid(`This double does not change ${path}.`)
    const field = changeable[path as keyof typeof changeable]
    Object.assign(changed, { [field]: asked[field] })
  }
  return readSubscription(changed, rules)
}

/** Checks a push configuration; undefined when it is empty, which means pull. */
function readPush(asked: IPushConfig | null | undefined, rules: SubscriptionRules): Push | undefined {
  if (!asked?.pushEndpoint) return undefined
  if (asked.noWrapper) throw invalid('This double does not know noWrapper.')
  if (!isHttp(asked.pushEndpoint)) throw invalid(`Invalid push endpoint given (endpoint=${asked.pushEndpoint}).`)
  const account = asked.oidcToken?.serviceAccountEmail
  if (account && !rules.hasAccount(account)) throw invalid(`Service account ${account} does not exist.`)
  const audience = asked.oidcToken?.audience
  return { endpoint: asked.pushEndpoint, ...(account ? { account } : {}), ...(audience ? { audience } : {}) }
}

function readRetry({ retryPolicy }: ISubscription): Subscription['retry'] {
  if (!retryPolicy) return undefined
  const retry = {
    minimumMs: milliseconds(retryPolicy.minimumBackoff, 10_000),
    maximumMs: milliseconds(retryPolicy.maximumBackoff, 600_000),
  }
  if (retry.minimumMs < 0 || retry.maximumMs > 600_000 || retry.minimumMs > retry.maximumMs) {
    throw invalid('Retry policy not supported: 0 s <= minimumBackoff <= maximumBackoff <= 600 s.')
  }
  return retry
}

function readDeadLetter({ deadLetterPolicy, topic: source }: ISubscription, { projectId }: SubscriptionRules) {
  if (!deadLetterPolicy?.deadLetterTopic) return undefined
  const topic = checkResourceName('topics', deadLetterPolicy.deadLetterTopic, projectId)
  if (topic === source) throw invalid('The dead letter topic must be another than the subscription’s own.')
  const maxDeliveryAttempts = deadLetterPolicy.maxDeliveryAttempts || 5
  if (maxDeliveryAttempts < 5 || maxDeliveryAttempts > 100) {
    throw invalid(`Invalid maxDeliveryAttempts given (${maxDeliveryAttempts}): 5 to 100.`)
  }
  return { topic, maxDeliveryAttempts }
}

/** The subscription as a client sees it. */
export function showSubscription({ push, retry, deadLetter, ...plain }: Subscription): ISubscription {
  return {
    ...plain,
    state: 'ACTIVE',
    messageRetentionDuration: { seconds: 7 * 24 * 3600 },
    pushConfig: push ? showPush(push) : {},
    ...(retry
      ? { retryPolicy: { minimumBackoff: duration(retry.minimumMs), maximumBackoff: duration(retry.maximumMs) } }
      : {}),
    ...(deadLetter
      ? { deadLetterPolicy: { deadLetterTopic: deadLetter.topic, maxDeliveryAttempts: deadLetter.maxDeliveryAttempts } }
      : {}),
  }
}

function showPush({ endpoint, account, audience }: Push): IPushConfig {
  const oidcToken = account ? { serviceAccountEmail: account, ...(audience ? { audience } : {}) } : undefined
  return { pushEndpoint: endpoint, ...(oidcToken ? { oidcToken } : {}) }
}

/**
 * How long a message waits after its nth failure. Without a policy a pulled message comes again at once, and a pushed
 * one after Google's own 100 ms to 60 s.
 */
export function backoffMs({ retry, push }: Subscription, failures: number): number {
  const { minimumMs, maximumMs } =
    retry ?? (push ? { minimumMs: 100, maximumMs: 60_000 } : { minimumMs: 0, maximumMs: 0 })
  return Math.min(maximumMs, minimumMs * 2 ** Math.min(failures - 1, 30))
}

function isHttp(endpoint: string): boolean {
  return URL.canParse(endpoint) && /^https?:$/.test(new URL(endpoint).protocol)
}

function milliseconds(value: IDuration | null | undefined, otherwise: number): number {
  return value ? Number(value.seconds ?? 0) * 1000 + (value.nanos ?? 0) / 1e6 : otherwise
}

function duration(ms: number): IDuration {
  return { seconds: Math.floor(ms / 1000), nanos: (ms % 1000) * 1e6 }
}
