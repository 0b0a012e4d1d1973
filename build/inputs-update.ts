/** `npm run inputs:update`: the command line of `update-pins.ts`. */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { parseMirrors } from "./cli/arguments.ts";
import { BuildError } from "./errors.ts";
import { type Updatable, updatable, updatePins } from "./update-pins.ts";

const help = `npm run inputs:update -- WHAT VERSION [OPTIONS]

Pins another version of an input, after checking all that can be checked.

  tor 15.0.24         the Tor expert bundles, by the Tor Project's signature
  electron 45.4.1     Electron, by the checksums in its npm package; also package.json and the lock
  node 26.10.0        the Node runtimes, by npm's integrity and signature; likewise

  --mirror KIND=URL   fetch npm, tor or tor-key files from there
  --proxy URL         fetch through socks5h://HOST:PORT (Tor: socks5h://127.0.0.1:9050)
  --cache DIR         where fetched files are kept (default: the system's cache folder)
`;

const root = fileURLToPath(new URL("../", import.meta.url));

function parse(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      options: {
        mirror: { type: "string", multiple: true, default: [] },
        proxy: { type: "string" },
        cache: { type: "string" },
        help: { type: "boolean", default: false },
      },
      allowPositionals: true,
    });
  } catch (cause) {
    throw new BuildError("usage", (cause as Error).message, { cause });
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parse(process.argv.slice(2));
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  const [name, version = "", ...more] = positionals;
  const what: Updatable | undefined = updatable.find((candidate) => candidate === name);
  if (what === undefined || more.length > 0 || !/^\d+\.\d+(\.\d+)?$/.test(version)) {
    throw new BuildError("usage", `${positionals.join(" ") || "nothing"} is no update.\n\n${help}`);
  }
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort(new BuildError("interrupted", "Nothing was changed.")));
  const updated = await updatePins({
    what,
    version,
    root,
    fetch: {
      mirrors: parseMirrors(values.mirror),
      proxy: values.proxy,
      cacheDir: values.cache,
      signal: stop.signal,
    },
  });
  const { checked, changes, unconfirmed } = updated;
  console.log(`Checked:\n${checked.map((line) => `  ${line}`).join("\n")}\n`);
  console.log(changes.length === 0 ? "Nothing changed." : `Changed:\n${changes.join("\n")}`);
  if (unconfirmed.length > 0) {
    console.error(
      `\nWARNING: no signature confirms ${unconfirmed.join(", ")}: pinned on first use, and marked ` +
        "so in the manifest. Compare the hashes with somebody who fetched them elsewhere.",
    );
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = error.code === "usage" ? 2 : error.code === "interrupted" ? 130 : 1;
}
