/**
 * The typed bridge: everything that the page can ask of the program around it. Both shells
 * (`electron`, `chromium`) offer the page this one interface as `window.torMessenger`.
 *
 * One named method for each action; there is no generic `send`. To add an action: add it here, and
 * the compiler leads to the three places that must know it (`actions.ts`, the preload, the page).
 */

/** What was built, and from what. The build puts it into the bundle; see `build-info.ts`. */
export interface BuildInfo {
  readonly version: string;
  /** `dev` is a copy that runs from a checkout: nobody has rebuilt or attested it. */
  readonly edition: "lite" | "desktop" | "dev";
  /** `linux-x64`, `darwin-arm64`, ... */
  readonly platform: string;
  /** The full git commit. */
  readonly commit: string;
  /** sha256 of the resolved inputs, the recipe and the toolchain. */
  readonly buildId: string;
}

/** Grows with app/tor: starting, bootstrapping with a percentage, connected, failed with a reason. */
export interface TorStatus {
  readonly state: "not-connected";
}

export interface TorMessengerBridge {
  buildInfo(): Promise<BuildInfo>;
  torStatus(): Promise<TorStatus>;
}
