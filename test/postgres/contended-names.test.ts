import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { verifyLog } from "../../src/replay/verify-log.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { openPostgres } from "./open-postgres.js";

const NAMES = [
  "a'b",
  "a\\'; DROP TABLE events; --",
  'q"q',
  "$1$$",
  "\u{1f600}é",
  "x'::text[]",
  "E'\\\\",
  "%s {1,2} NULL",
];

test("names of streams stay data when writers meet, in groups of any size", async () => {
  const url = await freshPostgresUrl();
  const logs = [await openPostgres(url), await openPostgres(url)] as const;
  for (const round of [1, 2]) {
    for (const [at, log] of logs.entries()) {
      const batches = NAMES.map((name) => ({
        stream: `s-${name}`,
        expectedVersion: (round - 1) * 2 + at,
        events: [{ type: "t", id: randomUUID(), data: name }],
      }));
      for (const batch of batches.slice(0, 4)) await log.append(batch, { actor: "ada" });
      const { events } = await log.append(batches.slice(4), { actor: "ada" });
      expect(events.map(({ stream }) => stream)).toEqual(batches.slice(4).map(({ stream }) => stream));
      const many = Array.from({ length: 20 }, (_, i) => ({ stream: `m${i}`, events: [{ type: "t", data: i }] }));
      await log.append(many, { actor: "ada" });
      // The same ids again are the same events, and nothing is written.
      const [first] = batches as [(typeof batches)[number]];
      expect(await log.append(first, { actor: "ada" })).toMatchObject({ repeated: true });
    }
  }
  const wrong = { stream: `s-${NAMES[0]}`, expectedVersion: 1, events: [{ type: "t", data: 0 }] };
  await expect(logs[0].append(wrong, { actor: "ada" })).rejects.toMatchObject({ code: "VERSION_CONFLICT", actual: 4 });
  expect(await verifyLog(logs[0])).toMatchObject({ ok: true });
  expect((await logs[1].tail()).offset).toBe(4 * (NAMES.length + 20));
});
