/** A small npm registry: the descriptions and tarballs that were published into it. */
import type { NpmInput } from "../../build/manifest.ts";
import type { Server } from "./server.ts";
import { integrity, sha256 } from "./world.ts";

/** Publishes `tarball` on `server` and returns the input that pins it. */
export function publish(
  server: Server,
  name: string,
  version: string,
  tarball: Uint8Array,
  base: string = server.url,
  more: object = {},
): NpmInput {
  const path = tarballPath(name, version);
  const dist = { integrity: integrity(tarball), tarball: `${base}${path}`, ...more };
  const description = { name, "dist-tags": {}, versions: { [version]: { name, version, dist } } };
  const bytes = Buffer.from(JSON.stringify(description));
  server.routes.set(`/${name.replace("/", "%2f")}`, { bytes });
  server.routes.set(path, { bytes: tarball });
  return {
    id: `npm:${name}`,
    kind: "npm",
    name,
    version,
    integrity: dist.integrity,
    size: tarball.length,
    sha256: sha256(tarball),
    trustOnFirstUse: false,
  };
}

export function tarballPath(name: string, version: string): string {
  return `/${name}/-/${name.replace(/^.*\//, "")}-${version}.tgz`;
}
