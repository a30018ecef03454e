import assert from "node:assert/strict";
import type { EventLog } from "../log/event-log.js";
import { EMPTY_TAIL } from "../log/seal.js";
import { ACTOR, allEvents, appendCount, type DefineCase, event, eventually, rejectsWith } from "./target.js";

const OPERATIONS: Record<string, (log: EventLog) => Promise<unknown>> = {
  append: (log) => log.append({ stream: "session-a", events: [event()] }, ACTOR),
  appendSealed: (log) => log.appendSealed([]),
  readAll: (log) => allEvents(log),
  readStream: async (log) => log.readStream("session-a").next(),
  readLast: (log) => log.readLast("session-a"),
  tail: (log) => log.tail(),
  offsetAt: (log) => log.offsetAt(new Date(0)),
  truncateAfter: (log) => log.truncateAfter(0, EMPTY_TAIL),
  onAppended: async (log) => log.onAppended(() => undefined),
};

export function lifecycleCases(define: DefineCase): void {
  define("everything on a closed log fails, and closing twice is fine", async ({ log }) => {
    await appendCount(log, "session-a", 1);
    await log.close();
    await log.close();
    for (const operate of Object.values(OPERATIONS)) await rejectsWith("LOG_CLOSED", () => operate(log));
  });

  define("close waits for the appends under way", async ({ log }) => {
    const appends = [1, 2, 3].map(() => log.append({ stream: "session-a", events: [event()] }, ACTOR));
    await log.close();
    assert.deepEqual(
      (await Promise.all(appends)).map(({ firstOffset }) => firstOffset),
      [1, 2, 3],
    );
  });

  define("the doorbell rings after an append, until it is stopped", async ({ log }) => {
    let rings = 0;
    const stop = log.onAppended(() => rings++);
    await appendCount(log, "session-a", 1);
    await eventually("a ring", () => rings > 0);
    stop();
    const heard = rings;
    await appendCount(log, "session-a", 1);
    assert.equal(rings, heard);
  });

  define("the sidecar keeps whole texts by name", async ({ log }) => {
    const { sidecar } = log;
    assert.equal(await sidecar.read("snapshots/a"), null);
    await sidecar.write("snapshots/a", "one");
    await sidecar.write("snapshots/a", "two \u2028 é");
    await sidecar.write("snapshots/b", "");
    await sidecar.write("journal/x", "x");
    assert.equal(await sidecar.read("snapshots/a"), "two \u2028 é");
    assert.equal(await sidecar.read("snapshots/b"), "");
    assert.deepEqual(await sidecar.list("snapshots/"), ["snapshots/a", "snapshots/b"]);
    await sidecar.remove("snapshots/a");
    await sidecar.remove("snapshots/a");
    assert.deepEqual(await sidecar.list(""), ["journal/x", "snapshots/b"]);
    for (const name of ["", "../x", "A", "/x", "a\u0000"]) await assert.rejects(() => sidecar.read(name), TypeError);
  });
}
