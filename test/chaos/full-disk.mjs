// Loaded into an edge before its own code (--import): while the file that CHAOS_FULL_DISK names is there, every write to a file
// is refused as a full disk refuses it. It needs no root, no mount and no quota, and it works wherever Node does.
import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'

const mark = process.env.CHAOS_FULL_DISK
const handle = await open('/dev/null', 'w')
const prototype = Object.getPrototypeOf(handle)
await handle.close()

for (const name of ['write', 'writev', 'writeFile', 'appendFile']) {
  const real = prototype[name]
  prototype[name] = async function (...args) {
    if (mark && existsSync(mark)) {
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), {
        code: 'ENOSPC',
        errno: -28,
        syscall: 'write',
      })
    }
    return real.apply(this, args)
  }
}
