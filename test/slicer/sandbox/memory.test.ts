import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { listedChildren, memoryOfTree, searchedChildren } from '../../../slicer/sandbox/memory.ts'

const test = suite('the memory of a process and its descendants')
const mib = 2 ** 20

/** A small process with a thread that starts one which holds 200 MiB, and tells when it does. */
const large = 'globalThis.held = Buffer.alloc(200 * 2 ** 20, 1); console.log("held"); process.stdin.resume()'
const inThread = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(large)}], { stdio: 'inherit' })`
const small = `new (require('node:worker_threads').Worker)(${JSON.stringify(inThread)}, { eval: true })`
let root: ChildProcess

test.before(async () => {
  root = spawn(process.execPath, ['-e', small], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(root.stdout!, 'data')
})
test.after(async () => {
  root.stdin!.end()
  await once(root, 'exit')
})

const ways = [
  {
    how: 'listed by the kernel',
    find: () => listedChildren,
    needs: `/proc/${process.pid}/task/${process.pid}/children`,
  },
  { how: 'searched for', find: searchedChildren, needs: '/proc/self/stat' },
]
for (const { how, find, needs } of ways) {
  const testHere = existsSync(needs) ? test : test.skip
  testHere(`counts what a thread’s child holds, when children are ${how}`, () => {
    const bytes = memoryOfTree(root.pid!, find())
    assert.ok(bytes > 200 * mib && bytes < 500 * mib, `${bytes / mib} MiB`)
  })
}

test.run()
