/**
 * The Debian packages that the tests use, each with its reason. `ci/test.ts` installs the missing
 * ones; building needs none of them.
 */
export const debianPackages: Readonly<Record<string, string>> = {
  chromium: "the browser that shows the lite edition's page",
  xvfb: "a display for windows, where there is none",
  iproute2: "a network interface that leads nowhere, where what is sent is counted",
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
  zstd: "checks and unpacks our tar.zst without our code",
  unzip: "checks and unpacks our zips without our code",
  zip: "makes zips for us to read",
  "p7zip-full": "7-Zip: checks, unpacks and makes zips",
  "libarchive-tools": "bsdtar, which is tar on macOS and Windows",
  "qemu-user-static": "runs the archive writers on other processors",
  "libc6-arm64-cross": "what Node for arm64 needs there",
  "libstdc++6-arm64-cross": "likewise",
  "libgcc-s1-arm64-cross": "likewise",
  "libatomic1-arm64-cross": "likewise",
};
