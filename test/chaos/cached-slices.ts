import { cloud } from '../../local/stack/cloud.ts'
import { bearerAt, putObject } from '../make/slicer/cloud.ts'
import type { World } from './world.ts'

/** Deletes every cached slice in the bucket, or flips a byte in the middle of each. Returns how many. */
export async function spoilCache({ stack }: World, how: 'vanish' | 'corrupt'): Promise<string> {
  const { storageUrl, metadataHosts } = stack.google
  const bucket = `${storageUrl}/storage/v1/b/${cloud.bucket}/o`
  try {
    const headers = await bearerAt(metadataHosts.bff!)
    const listed = await fetch(`${bucket}?prefix=cache/`, { headers })
    const { items = [] } = (await listed.json()) as { items?: { name: string }[] }
    for (const { name } of items) {
      const object = `${bucket}/${encodeURIComponent(name)}`
      if (how === 'vanish') await fetch(object, { method: 'DELETE', headers })
      else {
        const answer = await fetch(`${object}?alt=media`, { headers })
        await putObject(stack.google, name, withFlippedByte(Buffer.from(await answer.arrayBuffer())))
      }
    }
    return String(items.length)
  } catch {
    return 'the storage is away'
  }
}

function withFlippedByte(bytes: Buffer): Buffer {
  const middle = bytes.length >> 1
  bytes[middle] = (bytes[middle] ?? 0) ^ 1
  return bytes
}
