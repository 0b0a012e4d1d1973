/**
 * What Windows shows of an executable (icon, name, version), and Electron's asar integrity, written
 * as PE resources with resedit. All of it replaces what was there, so nothing of Electron's or
 * Node's own labels is left to mislead.
 */
import { Data, NtExecutable, NtExecutableResource, Resource } from "resedit";
import { BuildError } from "../errors.ts";
import { finishPe, requireUnsigned } from "./pe.ts";
import { malformed } from "./reader.ts";

export interface ExeResources {
  /** An .ico file. */
  readonly icon: Uint8Array;
  /** `1.2.3`, or `1.2.3-beta.4`, whose number is 1.2.3.0. */
  readonly version: string;
  readonly strings: {
    readonly CompanyName: string;
    readonly FileDescription: string;
    readonly InternalName: string;
    readonly LegalCopyright: string;
    readonly OriginalFilename: string;
    readonly ProductName: string;
  };
  /** Lower-case hex SHA-256 of the header of resources\app.asar; Electron's exe only. */
  readonly asarHeaderHash?: string;
}

// Resource types of winuser.h.
const RT_ICON = 3;
const RT_GROUP_ICON = 14;
const RT_VERSION = 16;
/** US English and UTF-16: every Windows has them. */
const language = { lang: 1033, codepage: 1200 };

/** A copy with these resources; signed executables are refused. */
export function setResources(bytes: Uint8Array, resources: ExeResources, name: string): Uint8Array {
  requireUnsigned(bytes, name);
  const { executable, table } = parseResources(bytes, name);
  table.dateTime = 0;
  // Programs load their own icon by its number, so ours takes the number of the one that it replaces.
  const iconId = table.entries.find((entry) => entry.type === RT_GROUP_ICON)?.id ?? 1;
  table.entries = table.entries.filter(
    ({ type }) =>
      type !== RT_ICON && type !== RT_GROUP_ICON && type !== RT_VERSION && type !== "INTEGRITY",
  );

  Resource.IconGroupEntry.replaceIconsForResource(
    table.entries,
    iconId,
    language.lang,
    Data.IconFile.from(resources.icon).icons.map((icon) => icon.data),
  );

  const version = Resource.VersionInfo.createEmpty();
  version.lang = language.lang;
  version.fixedInfo.fileOS = 0x40004; // VOS_NT_WINDOWS32
  version.fixedInfo.fileType = 1; // VFT_APP
  const numbers = versionNumbers(resources.version);
  version.setFileVersion(...numbers, language.lang);
  version.setProductVersion(...numbers, language.lang);
  version.setStringValues(language, {
    ...resources.strings,
    FileVersion: resources.version,
    ProductVersion: resources.version,
  });
  version.outputToResourceEntries(table.entries);

  if (resources.asarHeaderHash !== undefined) {
    // shell/common/asar/archive_win.cc; FindResource compares names in upper case.
    const file = "resources\\app.asar";
    const integrity = [{ file, alg: "SHA256", value: resources.asarHeaderHash }];
    table.entries.push({
      type: "INTEGRITY",
      id: "ELECTRONASAR",
      lang: language.lang,
      codepage: language.codepage,
      bin: new TextEncoder().encode(JSON.stringify(integrity)).buffer,
    });
  }
  table.outputResource(executable);
  return finishPe(new Uint8Array(executable.generate()), name);
}

function parseResources(
  bytes: Uint8Array,
  name: string,
): { executable: NtExecutable; table: NtExecutableResource } {
  try {
    const executable = NtExecutable.from(bytes);
    return { executable, table: NtExecutableResource.from(executable) };
  } catch (error) {
    throw new BuildError("format", `${name}: its resources can't be read`, { cause: error });
  }
}

/** The number that Windows compares: four parts of 16 bits. */
function versionNumbers(version: string): [number, number, number, number] {
  const parts = /^(\d+)\.(\d+)\.(\d+)(?:-|$)/.exec(version)?.slice(1).map(Number);
  const [major, minor, patch] = parts ?? [];
  if (major === undefined || minor === undefined || patch === undefined) {
    throw malformed("version resource", `"${version}" is not of the form 1.2.3`);
  }
  if (Math.max(major, minor, patch) > 0xffff) {
    throw malformed("version resource", `"${version}" has a part over 65535`);
  }
  return [major, minor, patch, 0];
}
