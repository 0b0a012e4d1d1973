/**
 * Which paths an archive of ours may hold: those that every system can unpack and that mean the
 * same to every tool. The Windows rules are those of Microsoft's "Naming Files, Paths, and
 * Namespaces"; device names include the superscript digits that Windows folds to 1, 2 and 3.
 */
import { BuildError } from "../errors.ts";

const maxNameBytes = 255; // ext4, APFS and NTFS all end here or later
const maxPathBytes = 1024; // PATH_MAX of macOS, the smallest of the three systems
const maxWindowsPath = 200; // of MAX_PATH's 260: the folder that the user unpacks into needs room

const windowsDevice = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])[ ]*(\.|:|$)/i;
const windowsForbidden = /[<>:"|?*]/;

/** Throws unless `path` can be a `TreePath`. */
export function checkPath(path: string, windowsNames: boolean): void {
  const refuse = (why: string): never => {
    throw new BuildError("archive", `the path ${JSON.stringify(path)} ${why}`);
  };
  checkText(path, refuse);
  if (path.startsWith("/") || /^[a-z]:/i.test(path)) refuse("is absolute");
  if (Buffer.byteLength(path) > maxPathBytes) refuse(`is longer than ${maxPathBytes} bytes`);
  if (windowsNames && path.length > maxWindowsPath) {
    refuse(`is longer than the ${maxWindowsPath} characters that leave Windows room to unpack it`);
  }
  for (const name of path.split("/")) {
    if (name === "" || name === ".") refuse("has an empty name or `.` in it");
    if (name === "..") refuse("has `..` in it");
    if (Buffer.byteLength(name) > maxNameBytes) refuse(`has a name of over ${maxNameBytes} bytes`);
    if (!windowsNames) continue;
    if (windowsForbidden.test(name)) refuse("has one of <>:\"|?* in it, which Windows can't hold");
    if (/[. ]$/.test(name)) refuse("has a name ending in a dot or space, which Windows drops");
    if (windowsDevice.test(name)) refuse("has the name of a Windows device in it");
  }
}

/** Throws unless `target` can be a symlink's target; where it leads is checked in symlinks.ts. */
export function checkTarget(path: string, target: string): void {
  const refuse = (why: string): never => {
    throw new BuildError(
      "archive",
      `the symlink ${JSON.stringify(path)} -> ${JSON.stringify(target)} ${why}`,
    );
  };
  checkText(target, refuse);
  if (target === "") refuse("leads nowhere");
  if (target.startsWith("/") || /^[a-z]:/i.test(target)) refuse("is absolute");
  if (Buffer.byteLength(target) > maxPathBytes) refuse(`is longer than ${maxPathBytes} bytes`);
}

function checkText(text: string, refuse: (why: string) => never): void {
  // U+FFFD is what decoders put in the place of bytes that are not UTF-8.
  if (!text.isWellFormed() || text.includes("\uFFFD")) refuse("is not valid UTF-8");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\0-\x1f\x7f-\x9f]/.test(text)) refuse("has a control character in it");
  if (text.includes("\\")) refuse("has a backslash in it, which Windows takes for a slash");
}

/**
 * Equal for paths that are one file on a system that ignores case (Windows, macOS) or Unicode
 * normalisation (macOS). Upper case first: it folds more (ß, ſ, ı), and to refuse too much is safe.
 */
export function foldPath(path: string): string {
  return path.normalize("NFD").toUpperCase().toLowerCase().normalize("NFD");
}
