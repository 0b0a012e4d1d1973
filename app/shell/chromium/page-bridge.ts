/**
 * The bridge of the lite edition: one DevTools binding for each action, which the page's top frame
 * can call and nothing else. The page's side (`pageSide`) turns bindings into promises; this side
 * checks where a call comes from, parses it, runs the action and answers into the same context.
 */
import type { CDPSession, Protocol } from "puppeteer-core";
import type { ActionName, Actions } from "../actions.ts";
import { ShellError } from "../errors.ts";
import { pageOrigin } from "./serve-page.ts";

const bindingPrefix = "torMessenger:";
const maxPayload = 1_000_000;

/**
 * Runs in the page before its own script, as text: a bundler's helpers would be missing there.
 * It takes the bindings off `window`, so that `window.torMessenger` is the one way to call them.
 */
function pageSide(names: readonly string[]): string {
  return `(() => {
  if (location.origin !== ${JSON.stringify(pageOrigin)} || window.top !== window) return;
  const waiting = new Map();
  let last = 0;
  const bridge = {};
  for (const name of ${JSON.stringify(names)}) {
    const binding = globalThis[${JSON.stringify(bindingPrefix)} + name];
    delete globalThis[${JSON.stringify(bindingPrefix)} + name];
    bridge[name] = (...args) => new Promise((resolve, reject) => {
      waiting.set(++last, { resolve, reject });
      binding(JSON.stringify({ id: last, args }));
    });
  }
  Object.defineProperty(window, "torMessenger", { value: Object.freeze(bridge) });
  Object.defineProperty(window, "torMessengerAnswer", { value: ({ id, value, error }) => {
    const call = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) call?.resolve(value); else call?.reject(new Error(error));
  } });
})();`;
}

export async function installBridge(
  page: CDPSession,
  mainFrame: string,
  actions: Actions,
): Promise<void> {
  const names = Object.keys(actions) as ActionName[];
  const contexts = new Set<number>();
  page.on("Runtime.executionContextCreated", ({ context }) => {
    if (isPageContext(context, mainFrame)) contexts.add(context.id);
  });
  page.on("Runtime.executionContextDestroyed", (event) => {
    contexts.delete(event.executionContextId);
  });
  page.on("Runtime.executionContextsCleared", () => contexts.clear());
  page.on("Runtime.bindingCalled", ({ name, payload, executionContextId }) => {
    const action = names.find((candidate) => bindingPrefix + candidate === name);
    // Another frame or another origin gets no answer at all.
    if (action === undefined || !contexts.has(executionContextId)) return;
    answerTo(actions, action, payload)
      .then((answer) =>
        page.send("Runtime.evaluate", {
          expression: `torMessengerAnswer(${JSON.stringify(answer)})`,
          contextId: executionContextId,
        }),
      )
      // A call that `pageSide` can't have sent gets no answer either; and the window can close
      // before the answer is there.
      .catch(() => undefined);
  });
  await page.send("Runtime.enable");
  for (const name of names) {
    await page.send("Runtime.addBinding", { name: bindingPrefix + name });
  }
  await page.send("Page.enable");
  await page.send("Page.addScriptToEvaluateOnNewDocument", { source: pageSide(names) });
}

function isPageContext(
  context: Protocol.Runtime.ExecutionContextDescription,
  mainFrame: string,
): boolean {
  const { frameId, isDefault } = context.auxData as { frameId?: unknown; isDefault?: unknown };
  return context.origin === pageOrigin && frameId === mainFrame && isDefault === true;
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** Runs one call. Of what goes wrong inside an action the page gets the message, nothing more. */
export async function answerTo(
  actions: Actions,
  name: ActionName,
  payload: string,
): Promise<Answer> {
  const { id, args } = parseCall(payload);
  try {
    return { id, value: await actions[name](args) };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

function parseCall(payload: string): { readonly id: number; readonly args: readonly unknown[] } {
  const call: unknown = payload.length > maxPayload ? undefined : JSON.parse(payload);
  if (typeof call === "object" && call !== null && "id" in call && "args" in call) {
    const { id, args } = call;
    if (typeof id === "number" && Number.isSafeInteger(id) && Array.isArray(args)) {
      return { id, args };
    }
  }
  throw new ShellError("bridge", "The page sent a call that does not parse.");
}
