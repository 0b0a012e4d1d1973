/**
 * What each action of the bridge does: the main-process side, shared by both shells. A shell checks
 * who is asking and passes on the arguments as they came; they are parsed here.
 */
import type { BuildInfo, TorMessengerBridge } from "./bridge.ts";
import { ShellError } from "./errors.ts";

export type ActionName = keyof TorMessengerBridge;

/** One handler an action: unparsed arguments in, what the bridge promises out. */
export type Actions = {
  readonly [Name in ActionName]: (args: readonly unknown[]) => ReturnType<TorMessengerBridge[Name]>;
};

export function createActions(info: BuildInfo): Actions {
  return {
    buildInfo: async (args) => {
      noArguments("buildInfo", args);
      return info;
    },
    torStatus: async (args) => {
      noArguments("torStatus", args);
      return { state: "not-connected" };
    },
  };
}

function noArguments(name: ActionName, args: readonly unknown[]): void {
  if (args.length !== 0) {
    throw new ShellError("bridge", `${name} takes no arguments, the page gave ${args.length}.`);
  }
}
