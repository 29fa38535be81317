import { PubSub, type Topic } from '@google-cloud/pubsub'

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

/** Makes the topics and push subscriptions that deploy/ makes in the cloud; at later starts only their addresses change. */
export async function setUpTopics(pubsubHost: string, urls: { bff: string; slicer: string }): Promise<void> {
  const pubsub = new PubSub({ projectId: cloud.projectId, apiEndpoint: pubsubHost, emulatorMode: true })
  try {
    const [jobs, results] = await Promise.all([
      topic(pubsub, 'slicing-jobs'),
      topic(pubsub, 'slicing-results'),
      topic(pubsub, 'print-jobs'),
    ])
    await subscribe(jobs, 'slicing-jobs-subscription', `${urls.slicer}/pubsub/slicing-jobs`, urls.slicer)
    await subscribe(results, 'slicing-results-subscription', `${urls.bff}/pubsub/slicing-results`, urls.bff)
  } finally {
    await pubsub.close()
  }
}

async function topic(pubsub: PubSub, name: string): Promise<Topic> {
  const full = pubsub.topic(`${cloud.environment}-${name}`)
  await full.create().catch(ignoreExisting)
  return full
}

async function subscribe(to: Topic, name: string, pushEndpoint: string, audience: string): Promise<void> {
  const pushConfig = { pushEndpoint, oidcToken: { serviceAccountEmail: cloud.accounts.push, audience } }
  const subscription = to.subscription(`${cloud.environment}-${name}`)
  await subscription.create({ ackDeadlineSeconds, pushConfig }).catch(ignoreExisting)
  await subscription.modifyPushConfig(pushConfig)
}

function ignoreExisting(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === alreadyExists)) throw error
}
