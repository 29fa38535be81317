/** What `lmnt-edge doctor` looks at. Null: not known, or not there. */
export interface Facts {
  host: HostFacts
  installation: InstallationFacts
  service: ServiceFacts | null
  configuration: { path: string; problem: string | null }
  marketplace: { url: string; isReached: boolean; clockOffsetS: number | null } | null
  page: PageFacts | null
  printers: PrinterFacts[]
}

/** The printer's page, which is one for the host. */
export interface PageFacts {
  /** Where the service serves it to nginx. */
  url: string
  answer: PageAnswer
  nginx: {
    /** Whether the file with the page's location is there. */
    hasLocation: boolean
    /** The files of the sites that include it, and the page's address by each. */
    sites: { file: string; url: string; answer: PageAnswer }[]
  }
}

export interface PageAnswer {
  /** Null when there was no answer. */
  status: number | null
  /** Whether it is our page, and not Mainsail's or an error of nginx. */
  isPage: boolean
}

export interface HostFacts {
  node: string
  /** As Node names it: arm, arm64, x64. */
  architecture: string
  memoryAvailableMb: number | null
}

export interface InstallationFacts {
  folder: string
  /** The version of this program. */
  version: string
  /** release_info.json; null in a checkout. */
  release: { version: string; asset: string } | null
  /** Files that differ from SHA256SUMS. */
  changedFiles: string[]
}

/** As systemd tells it. */
export interface ServiceFacts {
  isInstalled: boolean
  isEnabled: boolean
  state: string
}

export interface PrinterFacts {
  name: string
  dataDir: PathFacts & { freeMb: number | null }
  socket: PathFacts & { folderMode: number | null }
  /** The answer of the running service at shell.sock; null when there is none. */
  edge: { version: string; isRegistered: boolean; isConnected: boolean; problem: string | null } | null
  moonraker: MoonrakerFacts | null
}

export interface PathFacts {
  path: string
  /** The permission bits. */
  mode: number | null
}

export interface MoonrakerFacts {
  url: string
  needsKey: boolean
  failedComponents: string[]
  /** Whether moonraker.conf has [lmnt_marketplace]. */
  isComponentIncluded: boolean
  isComponentLoaded: boolean
  klippyState: string
  klippyMessage: string
  /** Klipper's program folder. */
  klipperFolder: string | null
  /** Whether printer.cfg has [lmnt_stream], and the socket there. */
  extra: { isIncluded: boolean; socket: string | null; loadedVersion: string | null; isLinked: boolean } | null
}
