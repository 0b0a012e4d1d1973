/** Types of the parts of npm's own libraries that we use and that come without any. */
declare module "@npmcli/config" {
  interface ConfigOptions {
    readonly npmPath: string;
    readonly definitions: unknown;
    readonly shorthands: unknown;
    readonly flatten: unknown;
    readonly nerfDarts: unknown;
    readonly argv: readonly string[];
    readonly env: NodeJS.ProcessEnv;
    readonly cwd: string;
    readonly warn: boolean;
  }
  class Config {
    constructor(options: ConfigOptions);
    load(): Promise<void>;
    readonly flat: Readonly<Record<string, unknown>>;
  }
  export = Config;
}

declare module "@npmcli/config/lib/definitions/index.js" {
  const definitions: {
    readonly definitions: unknown;
    readonly shorthands: unknown;
    readonly flatten: unknown;
    readonly nerfDarts: unknown;
  };
  export = definitions;
}

declare module "@npmcli/agent" {
  import type { Agent as HttpAgent } from "node:http";
  export const Agent: new (options: {
    readonly proxy: string;
    readonly noProxy: readonly string[];
    readonly timeouts: { readonly connection: number; readonly idle: number };
  }) => HttpAgent;
}
