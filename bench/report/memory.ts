import { readFileSync, writeFileSync } from 'node:fs'

/** A field of /proc/PID/status in MB: resident memory, its peak, or the part of it that belongs to no file. */
export function memoryMb(pid: number | undefined, field: 'VmRSS' | 'VmHWM' | 'RssAnon'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const [, kib] = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status) ?? []
  return (Number(kib) * 1024) / 1e6
}

/** Lets VmHWM begin again at the present VmRSS. */
export function forgetPeak(pid: number | undefined): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
}
