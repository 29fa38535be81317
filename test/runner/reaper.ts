/**
 * Watches a test run: when the run is gone, however it went, the standard input ends, and what the run started is ended and
 * removed. A process of its own, since a run that is killed with -9 can do nothing any more. Its arguments are the folders.
 */
import { reap } from './reap.ts'

process.on('SIGINT', () => {})
process.stdin.on('end', () => void reap(process.argv.slice(2)).then(() => process.exit(0)))
process.stdin.resume()
