import { beforeAll, expect, onTestFinished, test } from "vitest";
import type { EventLog } from "../../src/log/event-log.js";
import type { LogNotice, OpenLogOptions } from "../../src/log/open-log-options.js";
import { eventsOf } from "../../src/log/paging.js";
import { limitsOf } from "../../src/log/sql/postgres/postgres-options.js";
import { parsePostgresUrl } from "../../src/log/sql/postgres/postgres-url.js";
import { LogServers } from "../../src/log/sql/postgres/servers/log-servers.js";
import { openLog } from "../../src/open-log.js";
import { follow } from "../../src/replay/follow.js";
import { SessionStore } from "../../src/session/session-store.js";
import { cleanUp } from "../support/clean-up.js";
import { runCli } from "../support/cli.js";
import { PostgresPair } from "../support/postgres-pair.js";
import { until } from "../support/until.js";
import { openAdmin } from "./open-postgres.js";

const ACTOR = { actor: "user:test" };
const STREAM = "session-a";

// In this order: the last ones change what the servers are.
let pair: PostgresPair;

beforeAll(async () => {
  pair = await PostgresPair.start();
  await append(await openedAtPrimary(), "first");
}, 120_000);

interface Reader extends EventLog {
  readonly notices: LogNotice[];
}

/** A log at the primary that is read at the standby. */
async function opened(options: OpenLogOptions = {}): Promise<Reader> {
  const notices: LogNotice[] = [];
  const given = { readUrl: pair.standby.url, ...options, onNotice: (notice: LogNotice) => notices.push(notice) };
  const log = await openLog(pair.primary.url, given);
  cleanUp(() => log.close());
  return Object.assign(log, { notices });
}

async function openedAtPrimary(): Promise<EventLog> {
  const log = await openLog(pair.primary.url);
  cleanUp(() => log.close());
  return log;
}

async function append(log: EventLog, ...data: unknown[]) {
  return log.append({ stream: STREAM, events: data.map((one) => ({ type: "t", data: one })) }, ACTOR);
}

async function stored(log: EventLog): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const { data } of eventsOf(log.readAll())) all.push(data);
  return all;
}

/** Events stay unseen at the standby until it is resumed. */
async function pauseStandby(): Promise<() => Promise<void>> {
  const admin = await openAdmin(pair.standby.url);
  await admin.query("SELECT pg_wal_replay_pause()");
  const isPaused = async () => {
    const { rows } = await admin.query("SELECT pg_get_wal_replay_pause_state() AS state");
    return rows[0].state === "paused";
  };
  await until("replay is paused", isPaused);
  return async () => void (await admin.query("SELECT pg_wal_replay_resume()"));
}

test("what this process has written is in its next read", async () => {
  const log = await opened();
  for (let i = 0; i < 30; i++) {
    const { lastOffset, events } = await append(log, `own-${i}`);
    const last = await log.readLast(STREAM);
    expect(last?.hash).toBe(events.at(-1)?.hash);
    expect((await log.tail()).offset).toBe(lastOffset);
    expect((await stored(log)).at(-1)).toBe(`own-${i}`);
  }
  expect(log.notices).toEqual([]);
  expect(await log.readPlace?.()).toMatchObject({ offset: 31, primaryOffset: 31, url: pair.standby.url });
});

test("after a conflict the stream is read as it was when it was refused", async () => {
  const [log, other] = [await opened(), await openedAtPrimary()];
  const version = (await log.readLast(STREAM))?.version as number;
  await append(other, "theirs");
  const refused = log.append(
    { stream: STREAM, expectedVersion: version, events: [{ type: "t", data: "ours" }] },
    ACTOR,
  );
  await expect(refused).rejects.toMatchObject({ code: "VERSION_CONFLICT", actual: version + 1 });
  expect((await log.readLast(STREAM))?.version).toBe(version + 1);
});

test("a follower at the standby gets what others append at the primary, without waiting for its timer", async () => {
  const [log, other] = [await opened({ pollMs: 3_600_000 }), await openedAtPrimary()];
  const stop = new AbortController();
  const { offset } = await other.tail();
  const seen: number[] = [];
  const following = (async () => {
    for await (const page of follow(log, { after: offset, pollMs: 3_600_000, signal: stop.signal })) {
      seen.push(...page.map((event) => event.offset));
      if (seen.length >= 10) stop.abort();
    }
  })();
  for (let i = 0; i < 10; i++) await append(other, `followed-${i}`);
  await following;
  expect(seen).toEqual(Array.from({ length: 10 }, (_, i) => offset + 1 + i));
});

test("a standby that is behind: others' events are stale and the offsets say how much, one's own come from the primary", async () => {
  const [log, fresh, other] = [await opened(), await opened(), await openedAtPrimary()];
  const { offset } = await other.tail();
  expect((await log.tail()).offset).toBe(offset);
  const resume = await pauseStandby();
  onTestFinished(resume);
  await append(other, ...Array.from({ length: 5 }, (_, i) => `unseen-${i}`));
  expect((await fresh.tail()).offset).toBe(offset);
  expect(await fresh.readPlace?.()).toMatchObject({ offset, primaryOffset: offset + 5 });
  expect(fresh.notices).toEqual([]);

  await append(log, "own");
  expect((await stored(log)).at(-1)).toBe("own");
  expect(log.notices).toEqual([
    { code: "READ_FROM_PRIMARY", message: expect.stringContaining(`has not reached offset ${offset + 6}`) },
  ]);
  expect((await fresh.tail()).offset).toBe(offset);
});

test("what this process has cut off is gone from its next read, also where the standby still has it", async () => {
  const [log, other] = [await opened(), await openedAtPrimary()];
  await append(log, "to be cut");
  const tail = await log.tail();
  onTestFinished(await pauseStandby());
  await log.truncateAfter(tail.offset - 1, tail);
  expect((await log.tail()).offset).toBe(tail.offset - 1);
  await append(other, "instead");
  expect((await stored(log)).at(-1)).toBe("instead");
});

test("a point in time that the primary has told is read up to its end", async () => {
  const [log, other] = [await opened(), await openedAtPrimary()];
  onTestFinished(await pauseStandby());
  await append(log, "known");
  await append(other, "not yet known");
  const to = await log.offsetAt(new Date(Date.now() + 86_400_000));
  expect(to).toBe((await other.tail()).offset);
  const all: number[] = [];
  for await (const { offset } of eventsOf(log.readAll({ to }))) all.push(offset);
  expect(all.at(-1)).toBe(to);
});

test("a read that the standby cancels in conflict with its recovery is made again; for ever, it goes to the primary", async () => {
  const address = parsePostgresUrl(pair.primary.url);
  const options = { readUrl: pair.standby.url };
  const servers = new LogServers({
    url: pair.primary.url,
    address,
    limits: limitsOf(options),
    options,
    assertOpen: () => undefined,
  });
  onTestFinished(() => servers.close());
  const conflict = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001', MESSAGE = 'conflict with recovery'; END $$";
  let calls = 0;
  const twice = await servers.read("test", async (session, atPrimary) => {
    if (++calls < 3) await session.script(conflict);
    return atPrimary ? "primary" : "standby";
  });
  expect([twice, calls]).toEqual(["standby", 3]);
  const always = await servers.read("test", async (session, atPrimary) => {
    if (!atPrimary) await session.script(conflict);
    return atPrimary ? "primary" : "standby";
  });
  expect(always).toBe("primary");
});

test("read_hosts of the address are the same database elsewhere", async () => {
  const { host } = new URL(pair.standby.url);
  const log = await openLog(`${pair.primary.url}?read_hosts=${host}`);
  onTestFinished(() => log.close());
  expect((await stored(log)).length).toBe((await log.readPlace?.())?.primaryOffset);
});

test("status and doctor say how far the standby is", async () => {
  const store = `${pair.primary.url}?read_hosts=${new URL(pair.standby.url).host}`;
  const { offset } = await (await openedAtPrimary()).tail();
  const told = await runCli(["status", "--store", store]);
  expect(told.stdout).toContain(`as of offset ${offset}, primary at ${offset}`);
  const { stdout } = await runCli(["status", "--json", "--store", store]);
  expect(JSON.parse(stdout).reads).toMatchObject({ offset, primaryOffset: offset });
  const doctor = await runCli(["doctor", "--store", store]);
  expect(doctor.stdout).toMatch(new RegExp(`standby .*as of offset ${offset}`));
});

test("a standby's schema is the log's, and no other can be named", async () => {
  const other = `${pair.standby.url}?schema=elsewhere`;
  await expect(opened({ readUrl: other })).rejects.toMatchObject({ code: "STORE_URL_INVALID" });
});

test("while the primary is away, what is only read is read at the standby", { timeout: 120_000 }, async () => {
  const writer = await opened({ retryLimitMs: 0 });
  const all = await stored(writer);
  await pair.primary.stop("fast");
  expect(await stored(writer)).toEqual(all);
  const reader = await opened({ readOnly: true });
  expect(await stored(reader)).toEqual(all);
  expect(await reader.readPlace?.()).toMatchObject({ offset: all.length, primaryOffset: null });
  expect((await new SessionStore(reader).list()).offset).toBe(all.length);
  await expect(append(writer, "refused")).rejects.toMatchObject({ code: "CONNECT_REFUSED" });
  await pair.primary.restart();
  await append(writer, "again");
  expect((await stored(writer)).at(-1)).toBe("again");
});

test("a standby that is promoted while it is read is read no more, and what others write there is never seen", async () => {
  const log = await opened();
  const all = await stored(log);
  expect(log.notices).toEqual([]);
  await pair.promote();
  const fork = await openLog(pair.standby.url);
  onTestFinished(() => fork.close());
  await append(fork, "forked");
  expect(await stored(log)).toEqual(all);
  expect(log.notices).toMatchObject([
    { code: "READ_FROM_PRIMARY", message: expect.stringMatching(/promoted|no standby/) },
  ]);

  const any = await opened({ readUrl: `${pair.standby.url}?target_session_attrs=any` });
  expect(await stored(any)).toEqual(all);
  const why = expect.stringMatching(/has the event [0-9a-f]{64} at offset \d+, and the primary does not reach so far/);
  expect(any.notices).toMatchObject([{ code: "READ_FROM_PRIMARY", message: why }]);

  await append(any, "at the primary");
  const later = await opened({ readUrl: `${pair.standby.url}?target_session_attrs=any` });
  expect((await stored(later)).at(-1)).toBe("at the primary");
  expect(later.notices).toMatchObject([{ message: expect.stringMatching(/and the primary has [0-9a-f]{64} there/) }]);
});
