/**
 * Fetches a zip of an Electron release with @electron/get, which knows where releases are and which
 * of the user's settings (`ELECTRON_MIRROR`, …) apply. It is given our own copy of the checksums,
 * for by default it takes them from the host of the zip; and our downloader, which resumes.
 */
import { rename } from "node:fs/promises";
import { downloadArtifact, ElectronDownloadCacheMode } from "@electron/get";
import { BuildError } from "../errors.ts";
import type { ElectronInput } from "../manifest.ts";
import { verifyFile } from "../verify/digest.ts";
import { claimPart, keyOf, releasePart } from "./cache.ts";
import type { Network } from "./context.ts";
import { download } from "./download.ts";
import { checkUrl, rules } from "./sources.ts";

/** The verified zip, somewhere in `folder`. */
export async function fetchElectron(
  input: ElectronInput,
  network: Network,
  folder: string,
): Promise<string> {
  const { cache, net, onProgress } = network;
  const { id, file, size, version } = input;
  const pin = { sha256: input.sha256, integrity: null, size };
  const mirror = network.mirrors.electron?.replace(/\/*$/, "");
  const part = await claimPart(cache, keyOf(pin));
  const [platform = "", arch = ""] = input.platform.split("-");
  try {
    return await downloadArtifact({
      artifactName: "electron",
      version,
      platform,
      arch,
      checksums: { [file]: input.sha256 },
      // Ours is the cache; @electron/get has returned files from its own unchecked.
      cacheMode: ElectronDownloadCacheMode.Bypass,
      tempDirectory: folder,
      // As a plain `mirror`, ours would give way to the environment's.
      mirrorOptions:
        mirror === undefined
          ? {}
          : { resolveAssetURL: () => Promise.resolve(`${mirror}/v${version}/${file}`) },
      downloader: {
        download: async (from: string, to: string) => {
          const url = checkUrl(from, mirror !== undefined);
          const wanted = { id, url, part: part.path, size, rules: rules.electron };
          const verify = (path: string) => verifyFile(path, pin, id, net.signal);
          await download(wanted, verify, net, onProgress);
          await rename(part.path, to);
        },
      },
    });
  } catch (cause) {
    if (cause instanceof BuildError) throw cause;
    net.signal.throwIfAborted();
    // What it checks itself: `ELECTRON_CUSTOM_FILENAME` and the like name another file.
    const { message } = cause as Error;
    throw new BuildError("mismatch", `@electron/get does not accept ${file}: ${message}`, {
      cause,
    });
  } finally {
    await releasePart(cache, part);
  }
}
