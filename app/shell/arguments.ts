/**
 * The command line of both editions, parsed strictly: an argument that is not known is an error,
 * since a mistyped option in a privacy tool must not pass in silence.
 */
import { ShellError } from "./errors.ts";

export type Arguments =
  | { readonly action: "version"; readonly json: boolean }
  | { readonly action: "help" }
  | { readonly action: "open"; readonly browser: string | undefined };

/** `--browser` exists only where an installed browser shows the page. */
export type ArgumentsEdition = "lite" | "desktop";

export function parseArguments(args: readonly string[], edition: ArgumentsEdition): Arguments {
  let version = false;
  let json = false;
  let help = false;
  let browser: string | undefined;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? "";
    if (arg === "--version") version = true;
    else if (arg === "--json") json = true;
    else if (arg === "--help" || arg === "-h") help = true;
    else if (edition === "lite" && arg === "--browser") {
      i++;
      browser = path(args[i]);
    } else if (edition === "lite" && arg.startsWith("--browser=")) {
      browser = path(arg.slice("--browser=".length));
    } else throw usage(`Unknown argument: ${arg}`);
  }
  if (help) return { action: "help" };
  if (json && !version) throw usage("--json goes with --version.");
  if (version) return { action: "version", json };
  return { action: "open", browser };
}

function path(value: string | undefined): string {
  if (value === undefined || value === "" || value.startsWith("--")) {
    throw usage("--browser needs the path of a browser's program.");
  }
  return value;
}

function usage(what: string): ShellError {
  return new ShellError("usage", `${what}\nTry: tor-messenger --help`);
}

export function helpText(edition: ArgumentsEdition): string {
  const lines = [
    "Usage: tor-messenger [OPTION]",
    "",
    "  --version [--json]  print version, commit and build id, and exit",
    "  --help              print this, and exit",
  ];
  if (edition === "lite") {
    lines.push(
      "  --browser PATH      show the window in this Chromium-family browser",
      "",
      "TOR_MESSENGER_BROWSER names a browser too; --browser comes before it.",
    );
  }
  return lines.join("\n");
}
