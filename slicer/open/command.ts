/** The command that starts the child that opens models, and the files that it may read: its program with its packages bundled. */

import { packageJsonOf } from '../engines/three/command.ts'
import type { Access, Command } from '../sandbox/sandbox.ts'

/** `path` is child.ts as bundled by `npm run build`. */
export function openCommand(path: string): Command & Access {
  // Node reads package.json to know that the program is an ES module.
  return { program: process.execPath, args: [path], readable: [path, packageJsonOf(path)] }
}
