/** Where engines run (README.md): what a program may read and use, and the command that enforces it. */

export interface Command {
  program: string
  args: string[]
}

export interface Access {
  /** Files and folders that the command has to read, besides the system's libraries and programs. */
  readable: string[]
  /** MiB of a folder in memory, at `scratchFolder`, that the command may write. No other process sees it. */
  scratchMib?: number
  /** True when the command needs /proc, which then lists only its own processes. Some containers do not allow one. */
  hasProc?: boolean
}

export interface Limits {
  /** Limit on the writable memory of each process. */
  memoryMib: number
  cpuSeconds: number
  /** Processes and threads together. */
  tasks: number
}

export interface Sandbox {
  kind: 'bwrap' | 'unshare' | 'none'
  /** True when limits are enforced: prlimit is installed. */
  hasLimits: boolean
  /** True when a command can have a scratch folder. Without one, engines that write files would write them to a disk. */
  hasScratch: boolean
  /** The command line to run on the host. */
  wrap: (command: Command, access: Access, limits: Limits) => Command
}

export const scratchFolder = '/scratch'
