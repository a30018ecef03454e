import { expect, test } from "vitest";
import { openLog } from "../../src/open-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { cleanUp } from "../support/clean-up.js";
import { PostgresPair } from "../support/postgres-pair.js";
import { partitionsOf } from "./partitioned.js";

const ACTOR = { actor: "user:test" };

test("a log that is read at a standby is cut into partitions, and read there as before", {
  timeout: 180_000,
}, async () => {
  const pair = await PostgresPair.start();
  const log = await openLog(pair.primary.url, { readUrl: pair.standby.url });
  cleanUp(() => log.close());
  const append = (count: number) =>
    log.append({ stream: "session-a", events: Array.from({ length: count }, () => ({ type: "t", data: {} })) }, ACTOR);
  await append(5);
  expect((await log.readLast("session-a"))?.version).toBe(5);
  await partitionsOf(pair.primary.url).partition({ events: 2, ahead: 2 });
  await append(5);
  expect((await log.readLast("session-a"))?.version).toBe(10);
  expect((await verifyLog(log)).ok).toBe(true);
  await expect(partitionsOf(pair.standby.url).partition({ events: 2, ahead: 9 })).rejects.toMatchObject({
    code: "STORAGE_READ_ONLY",
  });
  expect((await partitionsOf(pair.standby.url).state()).partitions.length).toBe(3);
});
