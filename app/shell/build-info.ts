/**
 * What this copy was built from. The bundler replaces `__TOR_MESSENGER_BUILD__` by an object of
 * constants; code that runs straight from the checkout says so instead of making something up.
 */
import type { BuildInfo } from "./bridge.ts";

declare const __TOR_MESSENGER_BUILD__: BuildInfo | undefined;

export const buildInfo: BuildInfo =
  typeof __TOR_MESSENGER_BUILD__ === "undefined"
    ? {
        version: "0.0.0",
        edition: "dev",
        platform: `${process.platform}-${process.arch}`,
        commit: "unknown",
        buildId: "unknown",
      }
    : __TOR_MESSENGER_BUILD__;
