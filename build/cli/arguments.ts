/** The command line of `npm run build:repro`, parsed once. */
import { parseArgs } from "node:util";
import { BuildError } from "../errors.ts";
import { type MirrorKind, type Mirrors, mirrorKinds } from "../fetch/sources.ts";
import { type Edition, editions, type Platform, platforms } from "../recipes/recipe.ts";

export const help: string = `npm run build:repro [-- OPTIONS]

Builds Tor Messenger from pinned, verified inputs, the same bytes everywhere.

  --edition lite|desktop   only this edition
  --platform P[,P…]        only these: ${platforms.join(", ")}
  --out DIR                where out/VERSION goes (default: out)
  --inputs DIR             take inputs from this folder of already fetched files
  --offline                fetch nothing: inputs come from the cache or --inputs
  --mirror KIND=URL        fetch npm, electron, tor or tor-key inputs from there
  --proxy URL              fetch through socks5h://HOST:PORT (Tor: socks5h://127.0.0.1:9050)
  --cache DIR              where fetched inputs are kept (default: the system's cache folder)
  --manifest FILE          other pins than build/manifests/inputs.json
  --again                  build a second time under other conditions, and compare
  --require-all            fail if any target had to be skipped
  --json                   print the result as JSON
  --help

Exit status: 0 built (or nothing to do), 1 failed, 2 wrong usage,
3 a target was skipped and --require-all was given, 130 interrupted.
`;

export interface Arguments {
  readonly editions: readonly Edition[];
  readonly platforms: readonly Platform[];
  readonly out: string;
  readonly inputs: string | undefined;
  readonly offline: boolean;
  readonly mirrors: Mirrors;
  readonly proxy: string | undefined;
  readonly cache: string | undefined;
  readonly manifest: string | undefined;
  readonly again: boolean;
  readonly requireAll: boolean;
  readonly json: boolean;
  readonly help: boolean;
}

const options = {
  edition: { type: "string" },
  platform: { type: "string" },
  out: { type: "string", default: "out" },
  inputs: { type: "string" },
  offline: { type: "boolean", default: false },
  mirror: { type: "string", multiple: true, default: [] as string[] },
  proxy: { type: "string" },
  cache: { type: "string" },
  manifest: { type: "string" },
  again: { type: "boolean", default: false },
  "require-all": { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

function oneOf<T extends string>(what: string, found: string, allowed: readonly T[]): T {
  const match = allowed.find((value) => value === found);
  if (match === undefined) {
    throw new BuildError("usage", `${what} is one of ${allowed.join(", ")}; found ${found}`);
  }
  return match;
}

export function parseMirrors(values: readonly string[]): Mirrors {
  const mirrors: Partial<Record<MirrorKind, string>> = {};
  for (const value of values) {
    const split = value.indexOf("=");
    const kind = oneOf("the KIND of --mirror KIND=URL", value.slice(0, split), mirrorKinds);
    const url = value.slice(split + 1);
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
      throw new BuildError("usage", `--mirror ${kind} wants an http(s) URL, found ${url}`);
    }
    mirrors[kind] = url;
  }
  return mirrors;
}

/** @throws BuildError `usage` with what is wrong and what is allowed. */
export function parseArguments(argv: readonly string[]): Arguments {
  let values: ReturnType<typeof parse>["values"];
  try {
    ({ values } = parse(argv));
  } catch (cause) {
    throw new BuildError("usage", (cause as Error).message, { cause });
  }
  return {
    editions:
      values.edition === undefined ? editions : [oneOf("--edition", values.edition, editions)],
    platforms:
      values.platform === undefined
        ? platforms
        : values.platform.split(",").map((name) => oneOf("--platform", name, platforms)),
    out: values.out,
    inputs: values.inputs,
    offline: values.offline,
    mirrors: parseMirrors(values.mirror),
    proxy: values.proxy,
    cache: values.cache,
    manifest: values.manifest,
    again: values.again,
    requireAll: values["require-all"],
    json: values.json,
    help: values.help,
  };
}

function parse(argv: readonly string[]) {
  return parseArgs({ args: [...argv], options, strict: true, allowPositionals: false });
}
