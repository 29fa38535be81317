export { type ListedLetter, listDeadLetters } from './list.ts'
export { receiveDeadLetter, receiveGivenUp } from './receive.ts'
export { receivePushedResult } from './receive-result.ts'
export { replayDeadLetter } from './replay.ts'
