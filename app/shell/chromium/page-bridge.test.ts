import { EventEmitter } from "node:events";
import type { CDPSession } from "puppeteer-core";
import { beforeEach, describe, expect, it } from "vitest";
import { createActions } from "../actions.ts";
import { buildInfo } from "../build-info.ts";
import { answerTo, installBridge } from "./page-bridge.ts";

const actions = createActions(buildInfo);

describe("a call", () => {
  it("gets the action's value under its own number", async () => {
    expect(await answerTo(actions, "buildInfo", '{"id":3,"args":[]}')).toEqual({
      id: 3,
      value: buildInfo,
    });
  });

  it("with arguments that the action does not take gets an error", async () => {
    expect(await answerTo(actions, "torStatus", '{"id":4,"args":[1]}')).toEqual({
      id: 4,
      error: "torStatus takes no arguments, the page gave 1.",
    });
  });

  it.each([
    "",
    "null",
    "[]",
    '{"id":1}',
    '{"id":"1","args":[]}',
    '{"id":1.5,"args":[]}',
    '{"id":1,"args":{"length":0}}',
    `{"id":1,"args":["${"x".repeat(1_000_000)}"]}`,
  ])("that does not parse is refused: %.40s", async (payload) => {
    await expect(answerTo(actions, "buildInfo", payload)).rejects.toThrow();
  });
});

/** Stands in for the DevTools session: records what is sent, and lets events happen. */
class Session extends EventEmitter {
  readonly sent: { readonly method: string; readonly params: unknown }[] = [];
  async send(method: string, params?: unknown): Promise<void> {
    this.sent.push({ method, params });
  }
  evaluated(): readonly unknown[] {
    return this.sent.filter(({ method }) => method === "Runtime.evaluate").map((c) => c.params);
  }
}

describe("where a call comes from", () => {
  const ours = {
    id: 7,
    origin: "https://tor-messenger.invalid",
    name: "",
    uniqueId: "u",
    auxData: { frameId: "MAIN", isDefault: true },
  };
  const call = (executionContextId: number) => ({
    name: "torMessenger:torStatus",
    payload: '{"id":1,"args":[]}',
    executionContextId,
  });
  let session: Session;
  beforeEach(async () => {
    session = new Session();
    await installBridge(session as unknown as CDPSession, "MAIN", actions);
  });
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  it("the page's top frame: is answered into its context", async () => {
    session.emit("Runtime.executionContextCreated", { context: ours });
    session.emit("Runtime.bindingCalled", call(7));
    await settled();
    expect(session.evaluated()).toEqual([
      {
        expression: 'torMessengerAnswer({"id":1,"value":{"state":"not-connected"}})',
        contextId: 7,
      },
    ]);
  });

  it.each([
    ["another origin", { ...ours, origin: "https://example.com" }],
    ["an opaque origin", { ...ours, origin: "://" }],
    ["another frame", { ...ours, auxData: { frameId: "CHILD", isDefault: true } }],
    ["an isolated world", { ...ours, auxData: { frameId: "MAIN", isDefault: false } }],
  ])("%s: is not answered", async (_, context) => {
    session.emit("Runtime.executionContextCreated", { context });
    session.emit("Runtime.bindingCalled", call(7));
    await settled();
    expect(session.evaluated()).toEqual([]);
  });

  it("a context that is gone, or a name that is no action: is not answered", async () => {
    session.emit("Runtime.executionContextCreated", { context: ours });
    session.emit("Runtime.bindingCalled", { ...call(7), name: "torMessenger:toString" });
    session.emit("Runtime.executionContextDestroyed", { executionContextId: 7 });
    session.emit("Runtime.bindingCalled", call(7));
    session.emit("Runtime.executionContextCreated", { context: ours });
    session.emit("Runtime.executionContextsCleared");
    session.emit("Runtime.bindingCalled", call(7));
    await settled();
    expect(session.evaluated()).toEqual([]);
  });
});
