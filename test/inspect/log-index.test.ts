import { describe, expect, test } from "vitest";
import { erase } from "../../src/erasure/erase.js";
import { LogIndex } from "../../src/inspect/timeline/log-index.js";
import { PlacesIndex } from "../../src/inspect/timeline/places-index.js";
import { openLog } from "../../src/open-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import { CANARY } from "../erasure/canary.js";
import { cleanUp } from "../support/clean-up.js";
import { SHARED_STORES } from "../support/stores.js";
import { until } from "../support/until.js";

const ACTOR = { actor: "user:ada" };

describe.each(SHARED_STORES)("%s", (_name, fresh) => {
  test("an index has what is there, what comes from elsewhere, and nothing of a history that was cut away", async () => {
    const url = await fresh();
    const [mine, theirs] = [await openLog(url), await openLog(url)];
    cleanUp(() => mine.close());
    cleanUp(() => theirs.close());
    const tick = (stream: string) => theirs.append({ stream, events: [{ type: "tick", data: {} }] }, ACTOR);
    await tick("a-1");
    await tick("a-2");
    const index = new LogIndex(mine);
    cleanUp(() => index.close());
    expect(await index.has(2, 10_000)).toBe(true);
    await tick("a-3");
    expect(await index.has(3, 10_000)).toBe(true);
    await until("it is caught up", () => index.isCaughtUp);
    await theirs.truncateAfter(1, await theirs.tail());
    await tick("b-1");
    await until("the new history", () => index.generation > 1 && index.columns.count === 2);
    expect(index.columns.streams.texts).toEqual(["a-1", "b-1"]);
  });

  test("what others keep of the data goes when somebody erases some of it", async () => {
    const url = await fresh();
    const [mine, theirs] = [await openLog(url), await openLog(url)];
    cleanUp(() => mine.close());
    cleanUp(() => theirs.close());
    const store = new SessionStore(theirs, ACTOR);
    await store.create({ session: "a", harmless: 1 });
    await store.update("a", { [CANARY]: 1 });
    const index = new LogIndex(mine);
    const places = new PlacesIndex(mine);
    cleanUp(async () => {
      await places.close();
      await index.close();
    });
    const paths = async () => (await places.of(index.columns).ready).paths.texts.join();
    await index.settled(10_000);
    expect(await paths()).toContain(CANARY);
    await erase(theirs, { events: [2] });
    await until("another generation", () => index.generation > 1 && index.isCaughtUp);
    expect(await paths()).toContain("/harmless");
    expect(await paths()).not.toContain(CANARY);
  });
});

test("who waits for events that never come is answered after the limit", async () => {
  const [, fresh] = SHARED_STORES[0] as (typeof SHARED_STORES)[number];
  const log = await openLog(await fresh());
  cleanUp(() => log.close());
  const index = new LogIndex(log);
  cleanUp(() => index.close());
  expect(await index.has(1, 50)).toBe(false);
});

test("who waits until it is settled is answered when everything is there, at once from then on", async () => {
  const [, fresh] = SHARED_STORES[0] as (typeof SHARED_STORES)[number];
  const log = await openLog(await fresh());
  cleanUp(() => log.close());
  await log.append({ stream: "a", events: [{ type: "tick", data: {} }] }, ACTOR);
  const index = new LogIndex(log);
  cleanUp(() => index.close());
  await index.settled(10_000);
  expect([index.isCaughtUp, index.columns.count]).toEqual([true, 1]);
  await index.settled(0);
});
