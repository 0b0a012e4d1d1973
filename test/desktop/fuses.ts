/** Electron's fuses as its own library reads them. */
import { FuseState, FuseV1Options, getCurrentFuseWire } from "@electron/fuses";

/** The names of the fuses that are on. */
export async function fusesOn(binary: string): Promise<readonly string[]> {
  const wire = await getCurrentFuseWire(binary);
  return Object.entries(FuseV1Options)
    .filter(([, index]) => typeof index === "number" && wire[index] === FuseState.ENABLE)
    .map(([name]) => name)
    .sort();
}

/** What we ship, less the one that is left as Electron has it. */
export const wantedOn: readonly string[] = [
  "EnableEmbeddedAsarIntegrityValidation",
  "OnlyLoadAppFromAsar",
];
