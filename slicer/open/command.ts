/** How the child that opens models is started, and what it may read: its program, which has its packages in it. */

import { packageJsonOf } from '../engines/three-command.ts'
import type { Access, Command } from '../sandbox/sandbox.ts'

/** `path` is child.ts as bundled by `npm run build`. */
export function openCommand(path: string): Command & Access {
  // package.json is what says that the program is a module.
  return { program: process.execPath, args: [path], readable: [path, packageJsonOf(path)] }
}
