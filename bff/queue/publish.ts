/** Publishes one message; resolves when Pub/Sub has it. The event id is an attribute, by which consumers recognize a repeat. */
export type Publish = (channel: 'slicing-jobs' | 'print-jobs', eventId: string, message: unknown) => Promise<void>
