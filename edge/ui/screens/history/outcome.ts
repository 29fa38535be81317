import {
  mdiAlertCircleOutline,
  mdiCheckCircleOutline,
  mdiClockOutline,
  mdiCloseCircleOutline,
  mdiPrinter3dNozzle,
} from '@mdi/js'

interface Outcome {
  icon: string
  colour: 'success' | 'error' | 'warning' | 'secondary' | 'primary'
}

const outcomes: Record<string, Outcome> = {
  success: { icon: mdiCheckCircleOutline, colour: 'success' },
  failure: { icon: mdiAlertCircleOutline, colour: 'error' },
  cancelled: { icon: mdiCloseCircleOutline, colour: 'warning' },
  expired: { icon: mdiClockOutline, colour: 'secondary' },
  printing: { icon: mdiPrinter3dNozzle, colour: 'primary' },
}

/** How a print job's status is drawn; a job that has not ended is waiting. */
export function outcomeOf(status: string): Outcome {
  return outcomes[status] ?? { icon: mdiClockOutline, colour: 'secondary' }
}
