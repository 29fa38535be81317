import { z } from 'zod'
import { GcodeError, type GcodeLine, parameters } from './gcode-line.ts'

export interface DialogOptions {
  /** A line for every client's console. */
  say: (text: string) => void
  isPrinting: () => boolean
  /** True when the print of this purchase has started and has no line yet. */
  isWaiting: (job: string) => boolean
  setDisplayMessage: (text: string) => void
  displayMessage: () => string | null
}

export const questionRequest = z.object({
  nonce: z.string().regex(/^[0-9A-Za-z]{16,64}$/),
  lines: z.array(z.string()),
  start: z.string().default('Start'),
  later: z.string().default('Not now'),
  note: z.string().default(''),
  job: z.string().default(''),
})
type Answer = 'start' | 'later'
type Question = z.infer<typeof questionRequest> & { answer: Answer | null }

const begin = '// action:prompt_begin'
const show = '// action:prompt_show'
const end = '// action:prompt_end'

export type Dialogs = ReturnType<typeof createDialogs>

/**
 * The extra's question whether a print may begin, as console lines that the interfaces show as a dialog. There is one dialog at a
 * time: the question waits while another is open, and closing the question answers "later".
 */
export function createDialogs({ say, isPrinting, isWaiting, setDisplayMessage, displayMessage }: DialogOptions) {
  let question: Question | null = null
  let isQuestionShown = false
  let isOtherShown = false

  function showQuestion(): void {
    if (!question || question.answer !== null || isOtherShown) return
    isQuestionShown = true
    say(`${begin} LMNT Marketplace`)
    say(`// action:prompt_text ${question.lines.join(' ')}`)
    const command = `LMNT_CONSENT NONCE=${question.nonce} ANSWER=`
    say('// action:prompt_button_group_start')
    say(`// action:prompt_button ${question.later}|${command}later|secondary`)
    say(`// action:prompt_button ${question.start}|${command}start|primary`)
    say('// action:prompt_button_group_end')
    say(show)
  }

  function closeQuestion(): void {
    if (isQuestionShown) say(end)
    isQuestionShown = false
  }

  function drop(): void {
    closeQuestion()
    if (question?.answer === 'later' && question.note && displayMessage() === question.note) setDisplayMessage('')
    question = null
  }

  function recordAnswer(asked: Question, answer: Answer): void {
    asked.answer = answer
    say(`// LMNT: ${asked.lines[0]} ${asked[answer]}`)
    if (answer === 'start' || !asked.note) return
    say(`// LMNT: ${asked.note}`)
    setDisplayMessage(asked.note)
  }

  return {
    ask(request: z.infer<typeof questionRequest>): { asked: true } {
      const { nonce, job } = request
      if (job && !isWaiting(job)) throw new GcodeError('lmnt_stream/ask: no print of this purchase waits for an answer')
      if (!job && isPrinting()) throw new GcodeError('lmnt_stream/ask: the printer is printing')
      if (question?.nonce !== nonce) {
        drop()
        question = { ...request, answer: null }
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
      closeQuestion()
      recordAnswer(question, answer)
    },
    /** The print that the question was about has ended. */
    printOver(job: string): void {
      if (question?.job === job) drop()
    },
    /** Receives the console lines of others, which may open or close a dialog. */
    hear(text: string): void {
      if (text !== show && text !== end) return
      isOtherShown = text === show
      const isClosed = text === end && isQuestionShown
      isQuestionShown = false
      if (isClosed && question?.answer === null) recordAnswer(question, 'later')
      if (text === end) showQuestion()
    },
    /** Another print begins, or the host software ends. */
    drop,
    /** After a restart: closes a dialog of the previous run, which would stay on every screen. */
    restart(): void {
      question = null
      isQuestionShown = isOtherShown = false
      say(end)
    },
    status: () => question && { nonce: question.nonce, answer: question.answer },
  }
}
