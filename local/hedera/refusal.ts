import { proto } from '@hashgraph/proto'

/** The name of a response code, such as INVALID_SIGNATURE. */
export type CodeName = keyof typeof proto.ResponseCodeEnum

/** A refusal by the network: before consensus its code is the precheck code, after it the receipt's status. */
export class Refusal extends Error {
  readonly code: CodeName

  constructor(code: CodeName) {
    super(code)
    this.name = 'Refusal'
    this.code = code
  }
}

export function require(condition: unknown, code: CodeName): asserts condition {
  if (!condition) throw new Refusal(code)
}

export function codeNumber(name: CodeName): proto.ResponseCodeEnum {
  return proto.ResponseCodeEnum[name]
}
