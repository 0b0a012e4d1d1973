/**
 * Debian's gpg with a home of its own, at any date: it makes the keys and signatures as the Tor
 * Project's release managers do (`gpg -absu SUBKEY`), and says what it thinks of them.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export class Gnupg {
  readonly #home: string;

  private constructor(home: string) {
    this.#home = home;
  }

  static async start(): Promise<Gnupg> {
    return new Gnupg(await mkdtemp(join(tmpdir(), "gpg-"))); // Short: it holds sockets.
  }

  async stop(): Promise<void> {
    await this.#run("gpgconf", ["--homedir", this.#home, "--kill", "all"]);
    await rm(this.#home, { recursive: true, force: true });
  }

  /** Runs gpg as if it were noon (UTC) of `day`, `2026-09-29`. Returns its standard output. */
  async gpg(day: string, args: readonly string[], input = ""): Promise<Buffer> {
    const time = `${day.replaceAll("-", "")}T120000!`;
    return this.#run(
      "gpg",
      [
        ...["--homedir", this.#home, "--batch", "--yes", "--no-tty", "--quiet"],
        ...["--pinentry-mode", "loopback", "--passphrase", ""],
        ...["--faked-system-time", time, ...args],
      ],
      input,
    );
  }

  /** A primary key that only certifies. Returns its fingerprint. */
  async newPrimary(day: string, expires: string, algorithm = "ed25519"): Promise<string> {
    const user = `Test Developers <${algorithm}-${day}-${expires}@example.org>`;
    await this.gpg(day, ["--quick-generate-key", user, algorithm, "cert", expires]);
    const list = await this.#list(day, user);
    return list[0] ?? "";
  }

  /** A signing subkey. Returns its fingerprint. */
  async addSubkey(
    day: string,
    primary: string,
    expires: string,
    algorithm = "ed25519",
  ): Promise<string> {
    await this.gpg(day, ["--quick-add-key", primary, algorithm, "sign", expires]);
    return (await this.#list(day, primary)).at(-1) ?? "";
  }

  async #list(day: string, key: string): Promise<string[]> {
    const text = await this.gpg(day, ["--with-colons", "--with-subkey-fingerprint", "-k", key]);
    return [...text.toString().matchAll(/^fpr:+([0-9A-F]{40}):/gm)].map((line) => line[1] ?? "");
  }

  export(key: string): Promise<Buffer> {
    return this.gpg("2026-11-23", ["--export", key]);
  }

  /** `gpg -absu SUBKEY!`, the exclamation mark meaning this one and no other. */
  async sign(
    day: string,
    subkey: string,
    bytes: Uint8Array,
    options: string[] = [],
  ): Promise<Buffer> {
    const file = await this.#file("signed", bytes);
    return this.gpg(day, [...options, "-absu", `${subkey}!`, "-o", "-", file]);
  }

  /** What gpg's status lines say of a signature: GOODSIG, EXPKEYSIG, REVKEYSIG, BADSIG … */
  async verdict(day: string, bytes: Uint8Array, signature: Uint8Array): Promise<string> {
    const file = await this.#file("verified", bytes);
    const detached = await this.#file("verified.asc", signature);
    const args = ["--status-fd", "1", "--verify", detached, file];
    const status = await this.gpg(day, args).catch((error: { stdout: Buffer }) => error.stdout);
    return /\[GNUPG:\] ([A-Z]+SIG) /.exec(status.toString())?.[1] ?? "NONE";
  }

  async #file(name: string, bytes: Uint8Array): Promise<string> {
    const path = join(this.#home, name);
    await writeFile(path, bytes);
    return path;
  }

  #run(program: string, args: readonly string[], input = ""): Promise<Buffer> {
    const env = { PATH: process.env["PATH"] ?? "", LC_ALL: "C" };
    return new Promise((resolve, reject) => {
      const options = { env, encoding: "buffer", timeout: 60_000 } as const;
      const child = execFile(program, args, options, (error, stdout, stderr) => {
        if (error === null) {
          resolve(stdout);
        } else {
          reject(Object.assign(new Error(`${program}: ${stderr}`, { cause: error }), { stdout }));
        }
      });
      // gpg may end before it has read everything; its exit status says whether that is an error.
      child.stdin?.on("error", () => undefined);
      child.stdin?.end(input);
    });
  }
}
