/** What the edge calls itself to Moonraker and to the extra. */
export const agentName = 'lmnt_marketplace'
export const version = '1.0.0'
