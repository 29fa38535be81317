import { buying } from './buying.ts'
import { frame } from './frame.ts'
import { printer } from './printer.ts'
import { printing } from './printing.ts'

/** The page's words in English. German has the same keys: its types say so. */
export const en = { ...frame, ...printing, ...buying, ...printer }
