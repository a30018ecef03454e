import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { type ChainStatus, ChainWatch } from "../../src/inspect/timeline/chain-watch.js";
import { LogIndex } from "../../src/inspect/timeline/log-index.js";
import type { EventLog } from "../../src/log/event-log.js";
import { openLog } from "../../src/open-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { cleanUp } from "../support/clean-up.js";
import { fc } from "../support/fast-check.js";
import { SHARED_STORES } from "../support/stores.js";
import { tempDir } from "../support/temp.js";
import { until } from "../support/until.js";

const ACTOR = { actor: "user:ada" };

async function opened(url: string) {
  const log = await openLog(url);
  cleanUp(() => log.close());
  return log;
}

function watched(log: EventLog) {
  const index = new LogIndex(log);
  const watch = new ChainWatch(log, index);
  cleanUp(() => index.close());
  cleanUp(() => watch.close());
  return { index, watch };
}

async function settled(watch: ChainWatch, isSo: (status: ChainStatus) => boolean): Promise<ChainStatus> {
  let status = watch.look();
  await until("the chain is verified", () => {
    status = watch.look();
    return isSo(status);
  });
  return status;
}

const tick = (log: EventLog, stream: string, n = 1) =>
  log.append({ stream, events: Array.from({ length: n }, (_, i) => ({ type: "tick", data: { i } })) }, ACTOR);

describe.each(SHARED_STORES)("%s", (_name, fresh) => {
  test("it verifies what is there, then what comes, and takes a history that was cut back for another one", async () => {
    const url = await fresh();
    const [mine, theirs] = [await opened(url), await opened(url)];
    for (let i = 0; i < 30; i++) await tick(theirs, `thing-${i % 4}`, 3);
    const { watch, index } = watched(mine);
    const status = await settled(watch, ({ verified }) => verified.offset === 90);
    expect([status.fault, status.trouble, status.verified.hash]).toEqual([null, null, (await mine.tail()).hash]);
    expect((await settled(watch, ({ state }) => state === "whole")).to).toBe(90);
    await tick(theirs, "thing-1", 5);
    await settled(watch, ({ verified }) => verified.offset === 95);
    await theirs.truncateAfter(50, await theirs.tail());
    await tick(theirs, "other-1", 60);
    await until("the index knows", () => index.generation > 1);
    const other = await settled(watch, ({ verified }) => verified.offset === 110);
    expect([other.fault, other.verified.hash]).toEqual([null, (await mine.tail()).hash]);
    watch.again();
    await settled(watch, ({ verified }) => verified.offset === 110);
  });
});

test("an empty log is whole", async () => {
  const { watch } = watched(await opened(`jsonl:${join(tempDir(), "s.jsonl")}`));
  const { verified, fault } = await settled(watch, ({ state }) => state === "whole");
  expect([verified.offset, fault]).toEqual([0, null]);
});

test("whichever digit of a log is changed, it says what verify says: the event, and why", async () => {
  const folder = tempDir();
  const path = join(folder, "s.jsonl");
  const log = await openLog(`jsonl:${path}`);
  for (let i = 0; i < 12; i++) await tick(log, `thing-${i % 3}`);
  await log.close();
  const whole = readFileSync(path, "utf8");
  const digits = [...whole.matchAll(/\d/g)].map(({ index }) => index);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...digits), async (place) => {
      const changed = join(folder, `${place}.jsonl`);
      writeFileSync(changed, `${whole.slice(0, place)}${(Number(whole[place]) + 1) % 10}${whole.slice(place + 1)}`);
      const damaged = await openLog(`jsonl:${changed}`).catch(() => undefined);
      if (damaged === undefined) return; // its first line says how it is read
      const index = new LogIndex(damaged);
      const watch = new ChainWatch(damaged, index);
      try {
        const expected = await verifyLog(damaged);
        if (expected.ok) return; // not every digit is part of what is sealed
        const { fault, verified } = await settled(watch, ({ state }) => state === "broken");
        expect(verified.offset).toBe(expected.verified);
        const { code, message } = expected.fault as Error & { code: string };
        expect(fault).toMatchObject({ offset: expected.fault?.offset ?? expected.verified + 1, code, message });
      } finally {
        await watch.close();
        await index.close();
        await damaged.close();
      }
    }),
    { numRuns: 40 },
  );
});

test("damage behind what was verified is seen when somebody asks to verify again, and mended damage then too", async () => {
  const path = join(tempDir(), "s.db");
  const log = await opened(`sqlite:${path}`);
  await tick(log, "thing", 8);
  const { watch } = watched(log);
  await settled(watch, ({ verified }) => verified.offset === 8);
  const database = new Database(path);
  cleanUp(() => void database.close());
  database.exec("DROP TRIGGER events_no_update");
  const set = (actor: string) => database.prepare('UPDATE events SET actor = ? WHERE "offset" = 5').run(actor);
  set("user:eve");
  expect(watch.look()).toMatchObject({ fault: null, verified: { offset: 8 } });
  watch.again();
  const { fault, verified } = await settled(watch, ({ state }) => state === "broken");
  expect([fault?.offset, fault?.code, verified.offset]).toEqual([5, "CHAIN_BROKEN", 4]);
  set("user:ada");
  watch.again();
  await settled(watch, ({ state, verified: { offset } }) => state === "whole" && offset === 8);
});
