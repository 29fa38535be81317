/** Publishes one message; resolves when Pub/Sub has it. The event id goes along as an attribute, for consumers to know a repeat. */
export type Publish = (channel: 'slicing-jobs' | 'print-jobs', eventId: string, message: unknown) => Promise<void>
