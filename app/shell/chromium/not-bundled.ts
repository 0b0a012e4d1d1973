/**
 * Stands in for packages that puppeteer-core imports and the lite edition never uses: the bundler
 * replaces `ws` (a port instead of the pipe), `chromium-bidi` (another protocol), `yargs`,
 * `modern-tar`, `yauzl` and `proxy-agent` (downloading browsers) by this file. Without them the
 * messenger's bundle is a third smaller, and a stray call ends in an error, not in a connection.
 */
function absent(): never {
  throw new Error("This part of puppeteer-core is not in Tor Messenger.");
}

export {
  absent as BidiMapper,
  // biome-ignore lint/style/noDefaultExport: it stands in for packages that have one
  absent as default,
  absent as EventEmitter,
  absent as hideBin,
  absent as unpackTar,
};
