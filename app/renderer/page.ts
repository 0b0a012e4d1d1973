/**
 * The page: shows what the bridge says. It knows the bridge's types and nothing else of the program,
 * has no network (its policy allows none), and writes text only, never markup.
 */
import type { BuildInfo, TorMessengerBridge, TorStatus } from "../shell/bridge.ts";

declare global {
  interface Window {
    /** Missing where the page was opened by something other than Tor Messenger. */
    readonly torMessenger?: TorMessengerBridge;
  }
}

const torTexts: Readonly<Record<TorStatus["state"], { state: string; detail: string }>> = {
  "not-connected": { state: "Tor: not connected yet", detail: "Nothing leaves this computer." },
};

const rebuildable =
  "Whoever builds this commit gets the same bytes. That is how you can check this copy without " +
  "having to trust the people who made it.";

const editionTexts: Readonly<
  Record<BuildInfo["edition"], { short: string; long: string; proof: string }>
> = {
  lite: { short: "Lite", long: "Lite, shown by your browser", proof: rebuildable },
  desktop: {
    short: "Desktop",
    long: "Desktop, a program of its own",
    proof: rebuildable,
  },
  dev: {
    short: "Development",
    long: "Development copy",
    proof:
      "This copy runs from someone’s working files. It is not a release: nobody has checked it.",
  },
};

/** The first digits of a commit or an id, and a mark behind it such as `-dirty`. */
const shortDigest = /^([0-9a-f]{12})[0-9a-f]*/;

function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`page.html has no #${id}`);
  return element;
}

function showTor(status: TorStatus): void {
  const { state, detail } = torTexts[status.state];
  byId("tor").dataset["state"] = status.state;
  byId("tor-state").textContent = state;
  byId("tor-detail").textContent = detail;
}

function showBuild(info: BuildInfo): void {
  const edition = editionTexts[info.edition];
  byId("edition").textContent = edition.short;
  byId("edition-long").textContent = edition.long;
  byId("proof").textContent = edition.proof;
  byId("version").textContent = info.version;
  byId("platform").textContent = info.platform;
  showDigest("commit", "The commit", info.commit);
  showDigest("build-id", "The build id", info.buildId);
}

/** The first digits to look at, the whole of it to copy. */
function showDigest(id: string, name: string, digest: string): void {
  byId(id).textContent = digest.replace(shortDigest, "$1");
  byId(id).title = digest;
  const button = byId(`copy-${id}`) as HTMLButtonElement;
  button.disabled = false;
  button.addEventListener("click", async () => {
    const done = await navigator.clipboard.writeText(digest).then(
      () => true,
      () => false,
    );
    button.textContent = done ? "Copied" : "Not copied";
    byId("copied").textContent = done ? `${name} is copied.` : `${name} could not be copied.`;
    setTimeout(() => {
      button.textContent = "Copy";
      byId("copied").textContent = "";
    }, 2000);
  });
}

function showProblem(text: string): void {
  const problem = byId("problem");
  problem.textContent = text;
  problem.hidden = false;
}

/** A link or file that is dropped on a window would take the page's place. */
function refuseDrops(): void {
  for (const name of ["dragover", "drop"]) {
    window.addEventListener(name, (event) => event.preventDefault());
  }
}

async function start(): Promise<void> {
  refuseDrops();
  const bridge = window.torMessenger;
  if (bridge === undefined) {
    showProblem("This page belongs inside Tor Messenger. Start the program instead.");
    return;
  }
  showTor(await bridge.torStatus());
  showBuild(await bridge.buildInfo());
}

start().catch((error: unknown) => {
  showProblem(`Something went wrong inside Tor Messenger: ${String(error)}`);
});
