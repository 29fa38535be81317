/**
 * What a download costs at least: a bare Hono route that pipes the file from the storage with the marketplace's own client.
 * Arguments: the storage's address, the project, the bucket, the file. Writes its address to stdout.
 */
import { Readable } from 'node:stream'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { googleBucket } from '../../bff/bucket/google.ts'

const [apiEndpoint, projectId, bucketName, uri] = process.argv.slice(2) as [string, string, string, string]
const bucket = googleBucket({ apiEndpoint, projectId, bucketName })

const app = new Hono()
app.get('/', c => c.body(Readable.toWeb(Readable.from(bucket.read(uri))) as ReadableStream))
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => console.log(`http://127.0.0.1:${port}`))
