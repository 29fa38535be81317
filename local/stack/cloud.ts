import type { PubSub, SubscriptionMetadata, Topic } from '@google-cloud/pubsub'

export const cloud = {
  projectId: 'lmnt-local',
  environment: 'local',
  bucket: 'lmnt-local-files',
  accounts: {
    bff: 'bff@lmnt-local.iam.gserviceaccount.com',
    cws: 'cws@lmnt-local.iam.gserviceaccount.com',
    slicer: 'slicer@lmnt-local.iam.gserviceaccount.com',
    push: 'push@lmnt-local.iam.gserviceaccount.com',
    operator: 'operator@lmnt-local.iam.gserviceaccount.com',
    scheduler: 'scheduler@lmnt-local.iam.gserviceaccount.com',
  },
} as const

const ackDeadlineSeconds = 600
const alreadyExists = 6

/**
 * A refused message is delivered again after 1, 2, 4 ... seconds, then every 5 minutes. Every failure counts as an attempt: a
 * refused connection (a service is down), 429 (the slicer is busy), 409 (a slicer was killed; its lease lasts 120 s, so seven
 * attempts). Hence the most attempts that Pub/Sub allows: the hundredth comes after seven and a half hours. A preparation fails
 * earlier, after two to four hours (bff/services/preparation/expire.ts), and its message is then acknowledged. So a valid
 * message becomes a dead letter only when a service is down for longer than that.
 */
const retryPolicy = { minimumBackoff: { seconds: 1 }, maximumBackoff: { seconds: 300 } }
const maxDeliveryAttempts = 100

/**
 * Creates the topics and push subscriptions of the production cloud, and updates those of an earlier start. Loads
 * Google's client only when called, since most importers of this file need the names only.
 */
export async function setUpTopics(pubsubHost: string, urls: { bff: string; slicer: string }): Promise<void> {
  const { PubSub } = await import('@google-cloud/pubsub')
  const pubsub = new PubSub({ projectId: cloud.projectId, apiEndpoint: pubsubHost, emulatorMode: true })
  try {
    const [jobs, results, deadLetters] = await Promise.all([
      topic(pubsub, 'slicing-jobs'),
      topic(pubsub, 'slicing-results'),
      topic(pubsub, 'dead-letters'),
      topic(pubsub, 'print-jobs'),
    ])
    // The dead letters' subscriptions first: a topic without a subscription loses its messages.
    await subscribe(deadLetters, 'dead-letters', urls.bff)
    const deadLetterPolicy = { deadLetterTopic: deadLetters.name, maxDeliveryAttempts }
    await subscribe(jobs, 'slicing-jobs', urls.slicer, { deadLetterPolicy })
    await subscribe(results, 'slicing-results', urls.bff, { deadLetterPolicy })
  } finally {
    await pubsub.close()
  }
}

async function topic(pubsub: PubSub, name: string): Promise<Topic> {
  const full = pubsub.topic(`${cloud.environment}-${name}`)
  await full.create().catch(ignoreExisting)
  return full
}

async function subscribe(to: Topic, name: string, url: string, policy: SubscriptionMetadata = {}): Promise<void> {
  const oidcToken = { serviceAccountEmail: cloud.accounts.push, audience: url }
  const pushConfig = { pushEndpoint: `${url}/pubsub/${name}`, oidcToken }
  const settings = { ackDeadlineSeconds, pushConfig, retryPolicy, ...policy }
  const subscription = to.subscription(`${cloud.environment}-${name}-subscription`)
  await subscription.create(settings).catch(ignoreExisting)
  await subscription.setMetadata(settings)
}

function ignoreExisting(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === alreadyExists)) throw error
}
