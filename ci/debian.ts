/**
 * The Debian packages that the tests use, each with its reason. `ci/test.ts` installs the missing
 * ones; building needs none of them.
 */
export const debianPackages: Readonly<Record<string, string>> = {
  chromium: "the browser that shows the lite edition's page",
  xvfb: "a display for windows, where there is none",
  disorderfs: "reads directories in another order, for the second build",
  faketime: "another clock for the second build",
  "diffoscope-minimal": "shows what a difference means, beside our own report",
  gnupg: "signs the stand-ins for the Tor Project's files",
  tor: "the stand-in for the Tor expert bundle holds a real tor",
  "tor-geoipdb": "its country tables, likewise",
  obfs4proxy: "a real pluggable transport, likewise",
  "gcc-mingw-w64-x86-64": "makes the stand-in for Electron on Windows",
  "gcc-aarch64-linux-gnu": "makes the stand-in for Electron on Linux arm64",
  icnsutils: "reads a macOS icon back without our code",
  icoutils: "reads an exe's resources back without our code",
  llvm: "reads Mach-O files and exes back without our code",
  python3: "checks Mach-O signatures without our code",
  wine64: "starts the Windows programs that we pack",
};
