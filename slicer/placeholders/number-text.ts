/**
 * Prints numbers as C does, which differs from JavaScript: 6 significant digits in a stream, ties to the even digit.
 * JavaScript's 100 digits hold every double exactly, except numbers far below any printer's resolution.
 */
const exact = 100
const significant = 6

/** As C++ streams print a double: 0.3, 123457, 1.5e+06, 1e-05. */
export function streamText(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf'
  const sign = isNegative(value) ? '-' : ''
  if (value === 0) return `${sign}0`
  const [mantissa = '', power = ''] = Math.abs(value).toExponential(exact).split('e')
  const rounded = keepDigits(mantissa.replace('.', ''), significant)
  const exponent = Number(power) + (rounded.length > significant ? 1 : 0)
  const digits = rounded.slice(0, significant)
  if (exponent < -4 || exponent >= significant) {
    const size = String(Math.abs(exponent)).padStart(2, '0')
    return `${sign}${trimmed(digits[0]!, digits.slice(1))}e${exponent < 0 ? '-' : '+'}${size}`
  }
  if (exponent < 0) return `${sign}${trimmed('0', '0'.repeat(-exponent - 1) + digits)}`
  return `${sign}${trimmed(digits.slice(0, exponent + 1), digits.slice(exponent + 1))}`
}

/** As printf's %.*f prints a double: a fixed count of decimals, at most 64. */
export function fixedText(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return streamText(value)
  const sign = isNegative(value) ? '-' : ''
  const size = Math.abs(value)
  // Doubles of this size have no decimals, and toFixed would write them with an exponent.
  const [whole = '', fraction = ''] = size >= 1e21 ? [String(BigInt(size))] : size.toFixed(exact).split('.')
  const digits = keepDigits(whole + fraction.padEnd(exact, '0'), whole.length + decimals).padStart(decimals + 1, '0')
  if (decimals === 0) return sign + digits
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}

const isNegative = (value: number) => value < 0 || Object.is(value, -0)

function trimmed(whole: string, fraction: string): string {
  const kept = fraction.replace(/0+$/, '')
  return kept ? `${whole}.${kept}` : whole
}

/** The first digits, rounded, with ties to the even digit; one digit more when all were nines. */
function keepDigits(digits: string, count: number): string {
  const kept = digits.slice(0, count)
  const half = `5${'0'.repeat(digits.length - count - 1)}`
  const rest = digits.slice(count)
  const isOdd = Number(kept.at(-1) ?? 0) % 2 === 1
  const isUp = rest > half || (rest === half && isOdd)
  return isUp ? String(BigInt(kept) + 1n).padStart(count, '0') : kept
}
