import { expect, onTestFinished, test } from "vitest";
import { ForkedError } from "../../src/errors.js";
import { eventsOf } from "../../src/log/paging.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { startPostgres } from "../support/postgres.js";
import { PostgresPair } from "../support/postgres-pair.js";
import { until } from "../support/until.js";
import { openPostgres } from "./open-postgres.js";

const ACTOR = { actor: "user:test" };
const WRITERS = 4;
/** For a machine that does much else; nothing here waits for a time to pass. */
const PATIENT = { retryLimitMs: 150_000 };
const LIMIT = { timeout: 240_000 };

function append(log: Awaited<ReturnType<typeof openPostgres>>, stream: string, data: string) {
  return log.append({ stream, events: [{ type: "t", data }] }, ACTOR);
}

test(
  "the primary is killed under load and the standby promoted: synchronous, nothing acknowledged is lost or doubled, and writers go on",
  LIMIT,
  async () => {
    const pair = await PostgresPair.start();
    await openPostgres(pair.url);
    await pair.beSynchronous();
    const acknowledged = new Map<string, string>();
    let stop = false;
    const logs = await Promise.all(Array.from({ length: WRITERS }, () => openPostgres(pair.url, PATIENT)));
    const writers = logs.map(async (log, writer) => {
      for (let i = 0; !stop; i++) {
        const data = `${writer}-${i}`;
        const { events } = await append(log, `session-${writer}`, data);
        acknowledged.set(data, events[0]?.hash ?? "");
      }
    });
    await until("appends are acknowledged", () => acknowledged.size >= 200, 60_000);
    await pair.primary.stop("kill");
    const before = acknowledged.size;
    await pair.promote();
    await until("appends go on", () => acknowledged.size >= before + 20 * WRITERS, 120_000);
    stop = true;
    await Promise.all(writers);

    const log = await openPostgres(pair.url);
    const stored = new Map<unknown, string>();
    for await (const { data, hash } of eventsOf(log.readAll())) stored.set(data, hash);
    expect((await log.tail()).offset).toBe(stored.size);
    for (const [data, hash] of acknowledged) expect(stored.get(data)).toBe(hash);
    expect(stored.size).toBe(acknowledged.size);
    expect(await verifyLog(log)).toMatchObject({ ok: true, verified: stored.size });
  },
);

test(
  "asynchronous, a promotion loses what the standby had not: who knew of it is told with both hashes, and continues nothing",
  LIMIT,
  async () => {
    const pair = await PostgresPair.start();
    const [knows, reads] = [await openPostgres(pair.url, PATIENT), await openPostgres(pair.url, PATIENT)];
    const shared = await append(knows, "session-a", "shared");
    const openCopy = () => openPostgres(pair.standby.url, { readOnly: true, mustExist: true });
    const hasTables = () =>
      openCopy().then(
        () => true,
        () => false,
      );
    await until("the standby has the tables", hasTables);
    const copy = await openCopy();
    await until("the standby has it", async () => (await copy.tail()).offset === 1);
    await pair.cutNetwork();
    const lost: string[] = [];
    for (let i = 0; i < 25; i++) lost.push((await append(knows, "session-a", `lost-${i}`)).events[0]?.hash ?? "");
    expect((await reads.tail()).hash).toBe(lost.at(-1));
    await pair.primary.stop("immediate");
    await pair.promote();

    const error = await append(knows, "session-a", "fork").catch((failure) => failure);
    expect(error).toBeInstanceOf(ForkedError);
    expect(error).toMatchObject({
      code: "LOG_FORKED",
      known: { offset: 26, hash: lost.at(-1) },
      found: { offset: 1, hash: shared.events[0]?.hash },
    });
    expect(26 - error.found.offset).toBe(lost.length); // the loss, measured
    await expect(append(knows, "session-b", "fork")).rejects.toMatchObject({ code: "LOG_FORKED" });
    await expect(reads.tail()).rejects.toMatchObject({ code: "LOG_FORKED" });

    const anew = await openPostgres(pair.url, PATIENT);
    expect((await append(anew, "session-a", "goes on")).firstOffset).toBe(2);
    for (let i = 0; i < 30; i++) await append(anew, "session-a", `more-${i}`);
    const found = { offset: 26, hash: expect.not.stringMatching(String(lost.at(-1))) };
    await expect(append(knows, "session-a", "fork")).rejects.toMatchObject({ code: "LOG_FORKED", found });
    expect(await verifyLog(anew)).toMatchObject({ ok: true, verified: 32 });

    // The old primary comes back, as itself, and the new one is away.
    const hasty = await openPostgres(pair.url, { retryLimitMs: 0 });
    await append(hasty, "session-a", "on the new timeline");
    await pair.primary.restart();
    await pair.standby.stop("fast");
    await expect(append(hasty, "session-a", "fork")).rejects.toMatchObject({
      code: expect.stringMatching(/^(NO_SERVER|APPEND_OUTCOME_UNKNOWN)$/),
    });
    const left = await append(hasty, "session-a", "fork").catch((failure) => failure);
    expect(left).toMatchObject({
      code: "NO_SERVER",
      message: expect.stringMatching(/timeline 1, and another server was promoted to 2/),
    });
  },
);

test(
  "another server, with a log of its own, answers at a second address: that is told, and nothing is appended there",
  LIMIT,
  async () => {
    // Of one timeline: only the system identifier tells them apart.
    const start = () => startPostgres({ hasOwnSystem: true });
    const [known, strange] = await Promise.all([start(), start()]);
    for (const server of [known, strange]) onTestFinished(() => server.close());
    const both = known.url.replace(/@[^/]*/, (host) => `${host},${new URL(strange.url).host}`);
    const [log, others] = [await openPostgres(both, PATIENT), await openPostgres(strange.url)];
    const { events } = await append(log, "session-a", "known");
    await append(others, "session-a", "strange");
    await known.stop("fast");
    await expect(append(log, "session-a", "fork")).rejects.toMatchObject({
      code: "LOG_FORKED",
      known: { offset: 1, hash: events[0]?.hash },
      found: { offset: 1, hash: (await others.tail()).hash },
    });
    expect((await others.tail()).offset).toBe(1);
  },
);
