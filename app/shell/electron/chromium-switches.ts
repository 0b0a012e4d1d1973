/**
 * Electron hands Chromium every switch on the command line before our code runs. Some are needed by
 * people (graphics, input methods, Wayland), some by tests, and some would open a port into the
 * messenger: those end the program before a window is there.
 */

/** Looks and graphics: harmless, and the only cure on some machines. */
const allowed: readonly string[] = [
  "--disable-gpu",
  "--disable-software-rasterizer",
  "--enable-wayland-ime",
  "--force-device-scale-factor",
  "--force-high-contrast",
  "--force-renderer-accessibility",
  "--in-process-gpu",
  "--ozone-platform",
  "--ozone-platform-hint",
  "--use-gl",
];

/**
 * Our own arguments out of Electron's `process.argv`. A packaged app has its program first; one that
 * runs from a folder (`electron FOLDER`) has the folder too. With `testing`, every Chromium switch
 * is let through: test drivers talk over a debugging port.
 */
export function ownArguments(
  argv: readonly string[],
  packaged: boolean,
  testing: boolean,
): readonly string[] {
  const own = ["--version", "--json", "--help"];
  const given = argv.slice(1);
  const folder = packaged ? -1 : given.findIndex((arg) => !arg.startsWith("-"));
  return given.filter((arg, i) => {
    if (i === folder) return false;
    const name = arg.split("=")[0] ?? "";
    if (allowed.includes(name)) return false;
    // Old versions of macOS add a process serial number.
    if (arg.startsWith("-psn_")) return false;
    return !(testing && arg.startsWith("--") && !own.includes(arg));
  });
}
