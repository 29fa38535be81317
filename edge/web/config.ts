/** [web] of lmnt-edge.cfg: the printer's page, one for all printers of the host. */
export interface WebConfig {
  /** Plain HTTP, on this host's loopback only: for nginx, which serves it beside Mainsail or Fluidd. Null: off. */
  httpPort: number | null
  /** Null: off. */
  https: {
    port: number
    /** Null: all addresses of this host. */
    address: string | null
  } | null
  /** Names and addresses of this host that it does not know itself, such as printer.fritz.box. */
  hosts: string[]
  /** Web interfaces at other origins that may show the page in a frame, such as http://mainsail.lan. */
  origins: string[]
  /** Networks (CIDR) of clients, beside the private ones. */
  networks: string[]
  /** Whether watching and cancelling need the owner's log-in; `auto`: when Moonraker requires one. */
  needsLogin: 'auto' | 'always' | 'never'
  /** The folder of the CA and the certificate. */
  folder: string
}
