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
 * A message that is refused comes again after 1, 2, 4 ... seconds, then every 5 minutes. Whatever is no success counts as an
 * attempt: a refused connection (a service that is down), 429 (a busy slicer), 409 (a slicer was killed while it sliced, and its
 * lease of 120 s is not over: seven attempts). So there must be as many as Pub/Sub allows: the hundredth is after seven and a half
 * hours. A preparation that nobody slices fails after two, or four if it was begun (bff/services/preparation/expire.ts), and its
 * message is then taken: what comes to be a dead letter is hardly ever a good message, unless a service was away for longer
 * than that.
 */
const retryPolicy = { minimumBackoff: { seconds: 1 }, maximumBackoff: { seconds: 300 } }
const maxDeliveryAttempts = 100

/**
 * Makes the topics and push subscriptions that the cloud has in production; those of an earlier start are updated. The
 * client is loaded here: most of those who import this file need the names only.
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
    // First of all: what a topic without a subscription is given is lost.
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
