/**
 * The audit events on the HCS topic. `public` can be read by anyone, permanently: random ids, amounts and counts, never a user,
 * an address, a title or a printer's name. `private` is published as a digest only; the receipt shows it.
 */
export type LedgerEvent =
  | Event<
      'model_purchase',
      { purchase_id: string; price: string; currency: string; prints_allowed: number },
      { user_id: string; model_id: string; title: string; license_type: string; transaction_id: string }
    >
  | Event<
      'model_refund',
      { purchase_id: string; amount: string; currency: string; prints_withdrawn: number },
      { reason: string; transaction_id: string }
    >
  | Event<
      'model_prepare',
      /** `renews`: an expired preparation, whose slicing_fee covers this one. */
      { purchase_id: string; preparation_id: string; renews?: string },
      { printer_id: string; gcode_sha256: string }
    >
  | Event<
      'slicing_fee',
      { purchase_id: string; preparation_id: string; fee: string; currency: string },
      { transaction_id: string }
    >
  | Event<
      'model_print',
      { purchase_id: string; print_job_id: string },
      { printer_id: string; prints_used: number; error?: string }
    >
  | Event<'print_failure', { purchase_id: string; print_job_id: string }, { printer_id: string; error: string }>
  | Event<'printer_registered', { printer_id: string }, { user_id: string; name: string }>
  | Event<'printer_revoked', { printer_id: string }, { user_id: string }>

interface Event<Type extends string, Public extends object, Private extends object> {
  type: Type
  /** The purchase whose receipt lists the event. */
  purchaseId?: string
  public: Public
  private: Private
}

export type LedgerEventType = LedgerEvent['type']
