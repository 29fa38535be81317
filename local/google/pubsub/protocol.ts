// The messages that Google's client is built from, without the client around them (which takes a second to load).
import protos from '@google-cloud/pubsub/build/protos/protos.js'
import type { MethodDefinition } from '@grpc/grpc-js'

const { v1 } = protos.google.pubsub
const { Empty } = protos.google.protobuf

interface MessageType<Message, Fields> {
  decode: (bytes: Uint8Array) => Message
  encode: (message: Fields) => { finish: () => Uint8Array }
}

/** The methods that we answer; gRPC answers UNIMPLEMENTED for the others. */
export const publisherMethods = {
  createTopic: method('Publisher/CreateTopic', v1.Topic, v1.Topic),
  getTopic: method('Publisher/GetTopic', v1.GetTopicRequest, v1.Topic),
  listTopics: method('Publisher/ListTopics', v1.ListTopicsRequest, v1.ListTopicsResponse),
  publish: method('Publisher/Publish', v1.PublishRequest, v1.PublishResponse),
}

export const subscriberMethods = {
  createSubscription: method('Subscriber/CreateSubscription', v1.Subscription, v1.Subscription),
  updateSubscription: method('Subscriber/UpdateSubscription', v1.UpdateSubscriptionRequest, v1.Subscription),
  getSubscription: method('Subscriber/GetSubscription', v1.GetSubscriptionRequest, v1.Subscription),
  deleteSubscription: method('Subscriber/DeleteSubscription', v1.DeleteSubscriptionRequest, Empty),
  modifyPushConfig: method('Subscriber/ModifyPushConfig', v1.ModifyPushConfigRequest, Empty),
  acknowledge: method('Subscriber/Acknowledge', v1.AcknowledgeRequest, Empty),
  modifyAckDeadline: method('Subscriber/ModifyAckDeadline', v1.ModifyAckDeadlineRequest, Empty),
  pull: method('Subscriber/Pull', v1.PullRequest, v1.PullResponse),
  streamingPull: {
    ...method('Subscriber/StreamingPull', v1.StreamingPullRequest, v1.StreamingPullResponse),
    requestStream: true,
    responseStream: true,
  },
}

function method<Request, RequestFields, Response, ResponseFields>(
  path: string,
  request: MessageType<Request, RequestFields>,
  response: MessageType<Response, ResponseFields>,
): MethodDefinition<Request, ResponseFields> {
  return {
    path: `/google.pubsub.v1.${path}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: message => Buffer.from(request.encode(message as unknown as RequestFields).finish()),
    requestDeserialize: bytes => request.decode(bytes),
    responseSerialize: fields => Buffer.from(response.encode(fields).finish()),
    responseDeserialize: bytes => response.decode(bytes) as unknown as ResponseFields,
  }
}
