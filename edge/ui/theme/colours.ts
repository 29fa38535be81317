/** A colour as its red, green and blue parts, 0 to 255. */
type Parts = [number, number, number]

/** A hexadecimal colour such as "#2196f3", from a host's stored settings; null when the text is no colour. */
export function parseColour(text: unknown): string | null {
  return typeof text === 'string' && /^#[0-9a-f]{6}([0-9a-f]{2})?$/i.test(text.trim()) ? text.trim().slice(0, 7) : null
}

/** The contrast of two colours by WCAG 2: 1 (the same) to 21 (black on white). */
export function contrast(one: string, other: string): number {
  const [lighter, darker] = [luminance(partsOf(one)), luminance(partsOf(other))].sort((a, b) => b - a) as [
    number,
    number,
  ]
  return (lighter + 0.05) / (darker + 0.05)
}

/** The colour, made lighter or darker by as little as is needed to be read on every one of these backgrounds (WCAG AA). */
export function readableOn(colour: string, backgrounds: string[], atLeast = 4.5): string {
  const isReadable = (candidate: string) => backgrounds.every(one => contrast(candidate, one) >= atLeast)
  const isDark = backgrounds.every(one => luminance(partsOf(one)) < 0.18)
  const target: Parts = isDark ? [255, 255, 255] : [0, 0, 0]
  for (let share = 0; share < 1; share += 0.05) {
    const candidate = mix(partsOf(colour), target, share)
    if (isReadable(candidate)) return candidate
  }
  return toHex(target)
}

function mix(one: Parts, other: Parts, share: number): string {
  return toHex(one.map((part, at) => part + ((other[at] ?? 0) - part) * share) as Parts)
}

function luminance(parts: Parts): number {
  const [red, green, blue] = parts.map(part => {
    const value = part / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }) as Parts
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function partsOf(colour: string): Parts {
  return [1, 3, 5].map(at => Number.parseInt(colour.slice(at, at + 2), 16)) as Parts
}

function toHex(parts: Parts): string {
  return `#${parts.map(part => Math.round(part).toString(16).padStart(2, '0')).join('')}`
}
