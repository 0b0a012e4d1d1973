/** What `--version` and `--version --json` print; the same for both editions. */
import type { BuildInfo } from "./bridge.ts";

export function versionText(info: BuildInfo): string {
  return [
    `Tor Messenger ${info.version} (${info.edition}, ${info.platform})`,
    `commit   ${info.commit}`,
    `build id ${info.buildId}`,
  ].join("\n");
}

/** One line of JSON, for scripts. The names are an interface: add to them, never change them. */
export function versionJson(info: BuildInfo): string {
  return JSON.stringify({
    name: "tor-messenger",
    version: info.version,
    edition: info.edition,
    platform: info.platform,
    commit: info.commit,
    buildId: info.buildId,
  });
}
