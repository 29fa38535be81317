import type { InjectionKey, Ref } from 'vue'

/** Counts up when the printer's host, or the marketplace, can be reached again. */
export const returnsKey: InjectionKey<Ref<number>> = Symbol('returns')
