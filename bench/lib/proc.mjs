/** Reads what the kernel knows of the servers under test: CPU time, memory, descendants. Linux only. */
import { readdirSync, readFileSync } from 'node:fs'

/** `sysconf(_SC_CLK_TCK)`: the unit of times in /proc/PID/stat, 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100

/** Lists `roots` and all their descendants: Pushpin is five processes, nginx is two. */
export function processTree(roots) {
  const found = new Set(roots)
  const parents = new Map(allPids().map((pid) => [pid, parentOf(pid)]))
  for (let before = 0; before !== found.size; ) {
    before = found.size
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid)
  }
  return [...found]
}

/** Sums user and system CPU seconds of the processes, all threads included. A dead process counts nothing. */
export function cpuSeconds(pids) {
  let ticks = 0
  for (const pid of pids) {
    const fields = statFields(pid)
    if (fields) ticks += Number(fields[11]) + Number(fields[12])
  }
  return ticks / TICKS_PER_SECOND
}

/** Sums the resident memory of the processes in bytes. Kernel socket buffers are not in it. */
export function residentBytes(pids) {
  let kilobytes = 0
  for (const pid of pids) {
    const match = /^VmRSS:\s+(\d+) kB/m.exec(readOrEmpty(`/proc/${pid}/status`))
    if (match) kilobytes += Number(match[1])
  }
  return kilobytes * 1024
}

function allPids() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

function parentOf(pid) {
  return Number(statFields(pid)?.[1] ?? 0)
}

/** The fields of /proc/PID/stat after the command name, which may itself hold spaces and parentheses. */
function statFields(pid) {
  const text = readOrEmpty(`/proc/${pid}/stat`)
  return text ? text.slice(text.lastIndexOf(')') + 2).split(' ') : undefined
}

/** A process may end between being listed and being read; that is an empty answer, not a fault. */
function readOrEmpty(path) {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
