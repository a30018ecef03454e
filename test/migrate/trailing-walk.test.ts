import { expect, test } from "vitest";
import { ACTOR, allEvents } from "../../src/conformance/target.js";
import { SealedEvent } from "../../src/log/event.js";
import type { EventLog } from "../../src/log/event-log.js";
import { LogWalk } from "../../src/migrate/log-walk.js";
import { DEFAULT_PROJECTIONS as projections } from "../../src/migrate/plan-migration.js";
import { TrailingWalk } from "../../src/migrate/trailing-walk.js";
import { addSessions, freshStore, opened } from "./stores.js";

async function target(): Promise<EventLog> {
  const url = await freshStore("sqlite");
  await addSessions(url, 8);
  return opened(url);
}

test("goes on where the trail has ended, to the same states and the same hash", async () => {
  const log = await target();
  const trail = new TrailingWalk(log, { projections, stepEvents: 3 });
  trail.reach(2);
  for (const offset of [7, 8, 11]) trail.reach(offset);
  const walk = (await trail.end()) as LogWalk;
  expect(walk.tail.offset % 3).toBe(0);
  expect(walk.tail.offset).toBeLessThanOrEqual(11);
  const whole = new LogWalk(log, projections);
  for (const one of [walk, whole]) await one.advance(16);
  expect(walk.tail).toEqual(whole.tail);
  expect([...walk.digests()]).toEqual([...whole.digests()]);
  trail.reach(16);
  expect((await trail.end())?.tail.offset).toBe(16);
});

test("a walk that saw what was erased meanwhile is not gone on with", async () => {
  const log = await target();
  const trail = new TrailingWalk(log, { projections, stepEvents: 2 });
  trail.reach(6);
  await log.redact?.({ offsets: [2] }, ACTOR);
  expect(await trail.end()).toBe(undefined);
});

test("a walk that found a wrong event says nothing: the verification finds it again", async () => {
  const log = await target();
  const changed = (event: SealedEvent) =>
    event.offset === 5 ? new SealedEvent({ ...event, actor: "user:mallory" }) : event;
  const damaged = new Proxy(log, {
    get(real, key) {
      if (key === "readAll") {
        return async function* (range: object) {
          for await (const page of real.readAll(range)) yield page.map(changed);
        };
      }
      const value = Reflect.get(real, key);
      return typeof value === "function" ? value.bind(real) : value;
    },
  });
  const trail = new TrailingWalk(damaged, { projections, stepEvents: 6 });
  trail.reach(16);
  expect(await trail.end()).toBe(undefined);
  expect((await allEvents(log)).length).toBe(16);
  await expect(new LogWalk(damaged, projections).advance(16)).rejects.toMatchObject({ code: "CHAIN_BROKEN" });
});
