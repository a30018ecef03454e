import { join } from "node:path";
import { expect, test } from "vitest";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { openLog } from "../../src/open-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import type { AppendedMessage, LiveStatus } from "../../src/ui-server/answers.js";
import { type LiveMessage, liveFeed } from "../../src/ui-server/live-feed.js";
import { LookedAtStore } from "../../src/ui-server/looked-at-store.js";
import { cleanUp } from "../support/clean-up.js";
import { tempDir } from "../support/temp.js";
import { until } from "../support/until.js";

/** Reads a feed in the background. */
class Reader {
  readonly messages: LiveMessage[] = [];
  readonly #stop = new AbortController();
  readonly done: Promise<void>;

  constructor(store: LookedAtStore, after?: number) {
    this.done = this.#read(liveFeed(store, after, this.#stop.signal));
    cleanUp(() => this.stop());
  }

  get appended(): AppendedMessage[] {
    return this.messages.filter(({ event }) => event === "appended").map(({ data }) => JSON.parse(data));
  }

  get status(): LiveStatus | undefined {
    const last = this.messages.findLast(({ event }) => event !== "appended");
    return last === undefined ? undefined : JSON.parse(last.data);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.done;
  }

  async #read(feed: AsyncGenerator<LiveMessage>): Promise<void> {
    for await (const message of feed) this.messages.push(message);
  }
}

function lookAt(log = new MemoryLog()) {
  const store = new LookedAtStore(log, undefined);
  cleanUp(() => store.close());
  return { log, store, sessions: new SessionStore(log, { actor: "user:ada" }) };
}

test("a reader that comes back with the last id that it had misses nothing and gets nothing twice", async () => {
  const { store, sessions } = lookAt();
  await sessions.create({ session: "a" });
  const first = new Reader(store, 0);
  await until("the first event", () => first.appended.length > 0);
  await first.stop();
  const id = Number(first.messages.findLast(({ event }) => event === "appended")?.id);
  for (let i = 0; i < 5; i++) await sessions.update("a", { commitCount: i });
  const second = new Reader(store, id);
  await until("the others", () => second.appended.at(-1)?.to === 6);
  const told = [...first.appended, ...second.appended].flatMap(({ from, to }) => [from, to]);
  expect([told[0], told.at(-1)]).toEqual([1, 6]);
  const ranges = [...first.appended, ...second.appended];
  expect(ranges.every(({ from }, i) => i === 0 || from === (ranges[i - 1]?.to ?? 0) + 1)).toBe(true);
});

test("ten thousand events at once are a few messages with the newest rows, not ten thousand", async () => {
  const { log, store } = lookAt();
  const reader = new Reader(store, 0);
  for (let i = 0; i < 10; i++) {
    const events = Array.from({ length: 1_000 }, () => ({ type: "tick", data: {} }));
    await log.append({ stream: "ticks", events }, { actor: "user:ada" });
  }
  await until("all of them", () => reader.appended.at(-1)?.to === 10_000);
  expect(reader.messages.length).toBeLessThan(60);
  expect(Math.max(...reader.appended.map(({ rows }) => rows.length))).toBeLessThanOrEqual(50);
});

test("a log that is cut back is told as another history, and what then comes is told again", async () => {
  const { log, store, sessions } = lookAt();
  for (const session of ["a", "b", "c"]) await sessions.create({ session });
  const reader = new Reader(store, 3);
  await until("it is live", () => reader.status?.indexed === 3);
  await log.truncateAfter(1, await log.tail());
  await sessions.create({ session: "d" });
  await until("the reset", () => reader.messages.some(({ event }) => event === "reset"));
  await until("the new history", () => reader.status?.indexed === 2);
  expect(reader.status?.generation).toBeGreaterThan(1);
  expect((await store.states.all(2, {})).sessions.map(({ session }) => session).sort()).toEqual(["a", "d"]);
});

test("an event that another process appends arrives", async () => {
  const url = `sqlite:${join(tempDir(), "s.db")}`;
  const [mine, theirs] = [await openLog(url), await openLog(url)];
  cleanUp(() => mine.close());
  cleanUp(() => theirs.close());
  const store = new LookedAtStore(mine, undefined);
  cleanUp(() => store.close());
  const reader = new Reader(store);
  await until("it is live", () => reader.status !== undefined);
  await new SessionStore(theirs, { actor: "agent:x" }).create({ session: "from-elsewhere" });
  await until("the event", () => reader.appended.length > 0);
  expect(reader.appended[0]?.rows.map(({ session, actor }) => [session, actor])).toEqual([
    ["from-elsewhere", "agent:x"],
  ]);
});

test("a log that cannot be read is told with why, and is live again when it can", async () => {
  const { log, store, sessions } = lookAt();
  await sessions.create({ session: "a" });
  const reader = new Reader(store, 0);
  await until("it is live", () => reader.status?.indexed === 1);
  await log.close();
  await until("the trouble", () => reader.status?.trouble?.code === "LOG_CLOSED");
  expect(reader.status).toMatchObject({ indexed: 1, tail: 1 });
});
