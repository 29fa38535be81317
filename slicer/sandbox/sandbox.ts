/** Where engines run (README.md): what a program may see and use, and how it is started so that it cannot have more. */

export interface Command {
  program: string
  args: string[]
}

export interface Access {
  /** Files and folders that the command has to read, besides the system's libraries and programs. */
  readable: string[]
  /** MiB of a folder in memory, at `scratchFolder`, that the command may write. No other process sees it. */
  scratchMib?: number
  /** Whether it needs a /proc, which shows it its own processes only. Some containers allow none. */
  hasProc?: boolean
}

export interface Limits {
  /** Of writable memory, of each process. */
  memoryMib: number
  cpuSeconds: number
  /** Processes and threads together. */
  tasks: number
}

export interface Sandbox {
  kind: 'bwrap' | 'unshare' | 'none'
  /** True when limits are set: prlimit is there. */
  hasLimits: boolean
  /** True when a command can have a scratch folder. Without one, engines that write files would write them to a disk. */
  hasScratch: boolean
  /** The command as it is started on the host. */
  wrap: (command: Command, access: Access, limits: Limits) => Command
}

export const scratchFolder = '/scratch'
