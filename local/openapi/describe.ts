import { randomBytes } from 'node:crypto'
import { apiDocument, createApp } from '../../bff/app.ts'
import { createCws, cwsDocument } from '../../cws/app.ts'
import { silentLog } from '../../runtime/log.ts'

/** The descriptions of our HTTP interfaces, by the name of their file in docs/openapi, as the code has them. */
export function describeApis(): Record<string, string> {
  const parts = { log: silentLog, random: randomBytes, verifyIdToken: neverAsked, ready: neverAsked }
  // Their routes describe themselves without any of the other parts.
  const bff = createApp({ ...parts, context: parts } as unknown as Parameters<typeof createApp>[0])
  const cws = createCws({ ...parts, verifyGrant: neverAsked } as unknown as Parameters<typeof createCws>[0])
  return {
    'bff.json': toText(bff.getOpenAPIDocument(apiDocument)),
    'cws.json': toText(cws.getOpenAPIDocument(cwsDocument)),
  }
}

function toText(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`
}

function neverAsked(): never {
  throw new Error('A description asks no service.')
}
