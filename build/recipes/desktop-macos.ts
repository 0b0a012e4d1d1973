/**
 * The desktop edition on macOS: Electron.app and its four helper apps under our name.
 *
 * Electron's Mach-Os come signed ad-hoc by the linker on arm64 and unsigned on x64; Tor's come
 * unsigned. macOS starts nothing unsigned on arm64, so what we change there gets its page hashes
 * made anew and what came unsigned an ad-hoc signature. Neither vouches for anybody: a release's own
 * signature comes later and covers the whole bundle.
 */
import { open } from "node:fs/promises";
import { basename } from "node:path";
import { parse as parsePlist } from "plist";
import { adhocSign } from "../binary/adhoc-sign.ts";
import { verifyPages } from "../binary/code-directory.ts";
import { isMachO, slicesOf } from "../binary/fat.ts";
import { macosIcon } from "../binary/icon.ts";
import { parseMachO } from "../binary/macho.ts";
import { electronAsarIntegrity, encodePlist, type PlistValue } from "../binary/plist.ts";
import { rehash } from "../binary/rehash.ts";
import { type Content, contentBytes, type Entry, type FileEntry } from "../tree.ts";
import { bytesFile, member, textFile } from "./context.ts";
import { licences, moved, resources, withOurFuses } from "./desktop-parts.ts";
import { desktopReadme } from "./desktop-texts.ts";
import type { DesktopParts } from "./desktop-tree.ts";

type Plist = { readonly [key: string]: PlistValue };

const name = "Tor Messenger";
const identifier = "org.tormessenger.desktop";
const contents = `${name}.app/Contents`;

/** What Electron calls its helper apps behind "Helper", and what belongs behind the identifier. */
const helpers: Readonly<Record<string, string>> = {
  "": "helper",
  " (GPU)": "helper.GPU",
  " (Plugin)": "helper.Plugin",
  " (Renderer)": "helper.Renderer",
};

/** Rights that Electron asks for in everybody's name. We use none of them. */
const unused: ReadonlySet<string> = new Set([
  // Would let plain http through; the page comes from the bundle and Tor is not the system's affair.
  "NSAppTransportSecurity",
  "NSBluetoothAlwaysUsageDescription",
  "NSBluetoothPeripheralUsageDescription",
  "NSAudioCaptureUsageDescription",
  "NSCameraUsageDescription",
  "NSMicrophoneUsageDescription",
]);

const frameworks = "Electron.app/Contents/Frameworks";
const fusedBinary = `${frameworks}/Electron Framework.framework/Versions/A/Electron Framework`;

/**
 * Electron's paths to ours; undefined: ours takes its place, or nothing does. The app's name is part
 * of its helpers' names, since that is how it finds them; the framework keeps its own.
 */
function ourPath(path: string): string | undefined {
  switch (path) {
    case "Electron.app/Contents/Info.plist":
    case "Electron.app/Contents/Resources/default_app.asar":
    case "Electron.app/Contents/Resources/electron.icns":
    case "LICENSE":
    case "LICENSES.chromium.html":
    case "version":
    case fusedBinary:
      return undefined;
    default:
      if (/^Electron\.app\/Contents\/Frameworks\/[^/]+\.app\/Contents\/Info\.plist$/.test(path)) {
        return undefined;
      }
      return renamed(path);
  }
}

function renamed(path: string): string {
  return path
    .replace(/^Electron\.app(?=\/|$)/, `${name}.app`)
    .replace(/(?<=\/Contents\/MacOS\/)Electron$/, name)
    .replaceAll(/(?<=\/)Electron Helper/g, `${name} Helper`);
}

export async function macosEntries(parts: DesktopParts): Promise<readonly Entry[]> {
  const fused = await withOurFuses(parts, fusedBinary);
  const entries = [
    ...moved(parts.electron, ourPath),
    bytesFile(renamed(fusedBinary), rehash(fused, fusedBinary), true),
    bytesFile(`${contents}/Info.plist`, encodePlist(await mainPlist(parts))),
    ...(await helperPlists(parts)),
    bytesFile(`${contents}/Resources/tor-messenger.icns`, macosIcon()),
    ...(await signUnsigned(resources(parts, `${contents}/Resources`))),
    ...licences(parts, `${contents}/Resources/licences`),
    textFile("README.txt", desktopReadme(parts.recipe, parts.version)),
  ];
  if (parts.recipe.platform === "darwin-arm64") await requireSigned(entries);
  return entries;
}

async function mainPlist(parts: DesktopParts): Promise<Plist> {
  const electron = await readPlist(parts, "Electron.app/Contents/Info.plist");
  return {
    ...Object.fromEntries(Object.entries(electron).filter(([key]) => !unused.has(key))),
    CFBundleDisplayName: name,
    CFBundleExecutable: name,
    CFBundleIconFile: "tor-messenger.icns",
    CFBundleIdentifier: identifier,
    CFBundleName: name,
    CFBundleShortVersionString: parts.version,
    CFBundleVersion: parts.version,
    LSApplicationCategoryType: "public.app-category.social-networking",
    ...electronAsarIntegrity(parts.asarHeaderSha256),
  };
}

async function helperPlists(parts: DesktopParts): Promise<readonly FileEntry[]> {
  const files: FileEntry[] = [];
  for (const [suffix, identifierSuffix] of Object.entries(helpers)) {
    const path = `${frameworks}/Electron Helper${suffix}.app/Contents/Info.plist`;
    const plist = {
      ...(await readPlist(parts, path)),
      CFBundleDisplayName: `${name} Helper${suffix}`,
      CFBundleExecutable: `${name} Helper${suffix}`,
      CFBundleIdentifier: `${identifier}.${identifierSuffix}`,
      CFBundleName: `${name} Helper${suffix}`,
      CFBundleVersion: parts.version,
    };
    files.push(bytesFile(renamed(path), encodePlist(plist)));
  }
  return files;
}

async function readPlist({ electron, recipe }: DesktopParts, path: string): Promise<Plist> {
  const bytes = await contentBytes(member(electron, path, recipe.electron).content);
  return parsePlist(Buffer.from(bytes).toString("utf8")) as Plist;
}

async function signUnsigned(entries: readonly Entry[]): Promise<readonly Entry[]> {
  const signed: Entry[] = [];
  for (const entry of entries) signed.push(entry.kind === "file" ? await sign(entry) : entry);
  return signed;
}

async function sign(entry: FileEntry): Promise<FileEntry> {
  if (!(await holdsMachO(entry.content))) return entry;
  const bytes = await contentBytes(entry.content);
  const needsSignature = slicesOf(bytes, entry.path).some((slice) => {
    const { cpu, signature } = parseMachO(slice.bytes, slice.name);
    return cpu === "arm64" && signature === undefined;
  });
  if (!needsSignature) return entry;
  return { ...entry, content: { bytes: adhocSign(bytes, basename(entry.path), entry.path) } };
}

/** Rather no app than one that macOS ends without a word. */
async function requireSigned(entries: readonly Entry[]): Promise<void> {
  for (const entry of entries) {
    if (entry.kind !== "file" || !(await holdsMachO(entry.content))) continue;
    verifyPages(await contentBytes(entry.content), entry.path);
  }
}

async function holdsMachO(content: Content): Promise<boolean> {
  if ("bytes" in content) return isMachO(content.bytes);
  await using file = await open(content.file);
  const { buffer, bytesRead } = await file.read(new Uint8Array(8), 0, 8, 0);
  return isMachO(buffer.subarray(0, bytesRead));
}
