import { GcodeError, type GcodeLine, parameters } from './gcode-line.ts'

export interface DialogOptions {
  /** A line for every client's console. */
  say: (text: string) => void
  isPrinting: () => boolean
}

interface Question {
  nonce: string
  title: string
  answer: 'start' | 'later' | null
}

const begin = '// action:prompt_begin'
const show = '// action:prompt_show'
const end = '// action:prompt_end'

export type Dialogs = ReturnType<typeof createDialogs>

/**
 * The extra's question whether a print may begin: lines of the console that the interfaces show as a dialog. One dialog at
 * a time: the question waits while another stands, and one that somebody closes is answered with "later".
 */
export function createDialogs({ say, isPrinting }: DialogOptions) {
  let question: Question | null = null
  let isQuestionShown = false
  let isOtherShown = false

  function showQuestion(): void {
    if (!question || question.answer !== null || isOtherShown) return
    isQuestionShown = true
    say(`${begin} LMNT Marketplace`)
    say(`// action:prompt_text Print ${question.title}?`)
    say('// action:prompt_text It was sent from the marketplace. Is the bed clear?')
    say(`// action:prompt_footer_button Not now|LMNT_CONSENT NONCE=${question.nonce} ANSWER=later`)
    say(`// action:prompt_footer_button Start|LMNT_CONSENT NONCE=${question.nonce} ANSWER=start|primary`)
    say(show)
  }

  function closeQuestion(): void {
    if (isQuestionShown) say(end)
    isQuestionShown = false
  }

  function drop(): void {
    closeQuestion()
    question = null
  }

  return {
    ask({ nonce, title }: { nonce: string; title: string }): { asked: true } {
      if (isPrinting()) throw new GcodeError('lmnt_stream/ask: the printer is printing')
      if (question?.nonce !== nonce) {
        question = { nonce, title, answer: null }
        showQuestion()
      }
      return { asked: true }
    },
    withdraw({ nonce }: { nonce: string }): { withdrawn: true } {
      if (question?.nonce === nonce) drop()
      return { withdrawn: true }
    },
    /** LMNT_CONSENT, the command of the dialog's buttons. */
    answer(line: GcodeLine): void {
      const given = parameters(line)
      if (!question || question.answer !== null || given.get('NONCE') !== question.nonce) {
        throw new GcodeError('LMNT: this question is not open, or not any more')
      }
      const answer = given.get('ANSWER')
      if (answer !== 'start' && answer !== 'later') throw new GcodeError('LMNT_CONSENT: ANSWER is one of start, later')
      question.answer = answer
      closeQuestion()
      const words = answer === 'start' ? 'starting' : 'it waits in the file list:'
      say(`// LMNT: ${words} ${question.title}`)
    },
    /** To be told of what others say on the console: a dialog of theirs, or that one was closed. */
    hear(text: string): void {
      if (text !== show && text !== end) return
      isOtherShown = text === show
      if (text === end && isQuestionShown && question) question.answer = 'later'
      isQuestionShown = false
      if (text === end) showQuestion()
    },
    /** Another print begins, or the host software ends. */
    drop,
    /** After a restart: a dialog of the run before would stay on every screen. */
    restart(): void {
      question = null
      isQuestionShown = isOtherShown = false
      say(end)
    },
    status: () => question && { nonce: question.nonce, answer: question.answer },
  }
}
