/**
 * Where the ports of this test process's stack begin: a block of its own, since files run at the same time, and below those
 * that the system gives to outgoing connections.
 */
export function portsOfProcess(pid = process.pid): number {
  return 10_000 + (pid % 400) * 50
}
