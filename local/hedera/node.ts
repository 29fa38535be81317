import { Server, ServerCredentials, type ServiceDefinition, type sendUnaryData, status } from '@grpc/grpc-js'
import { proto } from '@hashgraph/proto'
import { type Faults, strikes } from './faults.ts'
import type { Network } from './network.ts'
import { type AnswerQuery, answerBalance, answerReceipt } from './queries.ts'
import { type CodeName, codeNumber } from './refusal.ts'

/** Answers a call by its bytes, or rejects with a gRPC status. */
type Call = (request: Buffer) => Promise<Uint8Array>

const never = new Promise<Uint8Array>(() => {})
const maxRequestBytes = 64 * 1024

export interface ListeningNode {
  port: number
  close: () => void
}

/** Serves one of the network's nodes over gRPC on 127.0.0.1. A call that is not listed here is UNIMPLEMENTED. */
export async function serveNode(
  network: Network,
  account: string,
  faults: Faults,
  port: number,
): Promise<ListeningNode> {
  const reached =
    (call: Call): Call =>
    async bytes => {
      if (faults.nodes[account] === 'away') throw unavailable('the node is not available')
      return faults.nodes[account] === 'silent' ? never : call(bytes)
    }
  const transact = reached(bytes => transactionCall(network, account, faults, bytes))
  const ask = (answer: AnswerQuery): Call => reached(async bytes => answer(network, bytes, faults))

  const server = new Server({ 'grpc.max_receive_message_length': maxRequestBytes })
  addService(server, 'CryptoService', {
    createAccount: transact,
    cryptoTransfer: transact,
    getTransactionReceipts: ask(answerReceipt),
    cryptoGetBalance: ask(answerBalance),
  })
  addService(server, 'ConsensusService', { createTopic: transact, submitMessage: transact })
  addService(server, 'TokenService', {
    createToken: transact,
    mintToken: transact,
    associateTokens: transact,
    freezeTokenAccount: transact,
    unfreezeTokenAccount: transact,
  })

  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, boundPort) =>
      error ? reject(error) : resolve(boundPort),
    )
  })
  return { port: bound, close: () => server.forceShutdown() }
}

async function transactionCall(network: Network, account: string, faults: Faults, bytes: Buffer): Promise<Uint8Array> {
  if (faults.nodes[account] === 'foreign') return precheckAnswer('INVALID_NODE_ACCOUNT')
  if (strikes(faults, 'submissionsToRefuse')) throw unavailable('the node is not available')
  if (strikes(faults, 'busyAnswers')) return precheckAnswer('BUSY')
  const code = network.submit(bytes, account)
  if (faults.answerDelayMs > 0) await new Promise(resolve => setTimeout(resolve, faults.answerDelayMs))
  if (strikes(faults, 'answersToLose')) throw unavailable('the connection was lost')
  return precheckAnswer(code)
}

function precheckAnswer(code: CodeName): Uint8Array {
  return proto.TransactionResponse.encode({ nodeTransactionPrecheckCode: codeNumber(code) }).finish()
}

function unavailable(message: string): Error {
  return Object.assign(new Error(message), { code: status.UNAVAILABLE })
}

/** Requests and answers stay bytes on the way through gRPC: each call decodes its own message. */
function addService(server: Server, service: string, calls: Record<string, Call>): void {
  const methods: Record<string, ServiceDefinition[string]> = {}
  const implementations: Record<string, (call: { request: Buffer }, done: sendUnaryData<Uint8Array>) => void> = {}
  for (const [name, call] of Object.entries(calls)) {
    methods[name] = {
      path: `/proto.${service}/${name}`,
      requestStream: false,
      responseStream: false,
      requestSerialize: (bytes: Buffer) => bytes,
      requestDeserialize: (bytes: Buffer) => bytes,
      responseSerialize: (bytes: Uint8Array) => Buffer.from(bytes),
      responseDeserialize: (bytes: Buffer) => bytes,
    }
    implementations[name] = ({ request }, done) => {
      call(request).then(
        bytes => done(null, bytes),
        (error: Error) => done(error),
      )
    }
  }
  server.addService(methods, implementations)
}
