import { buying } from './buying.ts'
import { frame } from './frame.ts'
import { printer } from './printer.ts'
import { printing } from './printing.ts'

/** The page's words in German. */
export const de = { ...frame, ...printing, ...buying, ...printer }
