import { format } from 'dependency-cruiser'
import { cruiseImports, development, product } from './cruise.mjs'

const result = await cruiseImports([...product, ...development], 600)
const { output, exitCode } = await format(result, { outputType: 'err' })
console.log(output.trim())
process.exitCode = exitCode > 0 ? 1 : 0
