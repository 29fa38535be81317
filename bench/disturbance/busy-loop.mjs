// Reads milliseconds, one number a line; for each it loops for that long and writes its rounds a second.
import { createInterface } from 'node:readline'

const roundsPerLook = 100_000

function loop(ms) {
  const began = performance.now()
  let rounds = 0
  let value = 1
  while (performance.now() - began < ms) {
    for (let round = 0; round < roundsPerLook; round++) value = (value * 1103515245 + 12345) & 0x7fffffff
    rounds += roundsPerLook
  }
  return value < 0 ? 0 : rounds / ((performance.now() - began) / 1000)
}

for await (const line of createInterface({ input: process.stdin })) console.log(loop(Number(line)))
