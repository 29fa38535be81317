/** Whether a preparation is being sliced or waits for it. */
export const isLive = (status: string) => status === 'pending' || status === 'in_progress'
