import { expect, onTestFinished, test } from "vitest";
import { eventsOf } from "../../src/log/paging.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { startPostgres } from "../support/postgres.js";
import { until } from "../support/until.js";
import { openPostgres } from "./open-postgres.js";

const WRITERS = 4;
const CRASHES = 2;
const ACKS_BEFORE_CRASH = 40;

test("a server that crashes during appends loses nothing that was acknowledged, and doubles nothing", {
  timeout: 180_000,
}, async () => {
  const server = await startPostgres({});
  onTestFinished(() => server.close());
  const options = { retryLimitMs: 120_000 };
  const acknowledged = new Map<string, string>();
  let stop = false;
  // All before the first crash: opening waits for a server only shortly.
  const logs = await Promise.all(Array.from({ length: WRITERS }, () => openPostgres(server.url, options)));
  const writers = logs.map(async (log, writer) => {
    for (let i = 0; !stop; i++) {
      const data = `${writer}-${i}`;
      const { events } = await log.append(
        { stream: `session-${writer}`, events: [{ type: "t", data }] },
        { actor: "user:test" },
      );
      acknowledged.set(data, events[0]?.hash ?? "");
    }
  });
  for (let crash = 0; crash < CRASHES; crash++) {
    const before = acknowledged.size;
    await until("appends are acknowledged", () => acknowledged.size >= before + ACKS_BEFORE_CRASH);
    await server.stop("immediate");
    await server.restart();
  }
  const before = acknowledged.size;
  await until("appends go on", () => acknowledged.size >= before + WRITERS);
  stop = true;
  await Promise.all(writers);

  const log = await openPostgres(server.url);
  const stored = new Map<unknown, string>();
  for await (const { data, hash } of eventsOf(log.readAll())) stored.set(data, hash);
  expect(stored).toEqual(acknowledged);
  expect((await log.tail()).offset).toBe(stored.size);
  expect(await verifyLog(log)).toMatchObject({ ok: true, verified: stored.size });
});
