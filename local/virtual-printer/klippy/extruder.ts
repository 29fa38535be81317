/** Follows the E axis as gcode_move does: absolute or relative, G92, retractions included. */
export function createExtruder() {
  let position = 0
  let isRelative = false

  return {
    reset(): void {
      position = 0
      isRelative = false
    },
    /** Returns the millimetres of filament that a line moves; negative for a retraction. */
    run(text: string): number {
      const code = text.charCodeAt(0)
      if (code !== 71 && code !== 77) return 0 // neither G nor M
      if (/^M8[23]\b/.test(text)) isRelative = text.startsWith('M83')
      const at = text.indexOf('E')
      if (at < 0) return 0
      const value = Number.parseFloat(text.slice(at + 1))
      if (Number.isNaN(value)) return 0
      if (/^G92\b/.test(text)) {
        position = value
        return 0
      }
      if (!/^G[0-3]\b/.test(text)) return 0
      const moved = isRelative ? value : value - position
      position += moved
      return moved
    },
  }
}
