import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { ACTOR, allEvents, event } from "../../src/conformance/target.js";
import { archiveBefore, archiveStates } from "../../src/inspect/archive-log.js";
import { openLog } from "../../src/open-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { ARCHIVABLE, addressIn } from "../archive/archivable.js";
import { startPostgres } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";
import { spawnWorker } from "../support/worker.js";
import { seededRandom } from "./seed.js";

/** ARCHIVE_KILLS=100 for a long run. */
const KILLS = Number(process.env.ARCHIVE_KILLS ?? 4);
const CRASHES = Math.ceil(KILLS / 4);
/** A limit for a slow and shared machine. */
const LIMIT_MS = 300_000;

/** Kills the process some time after it has begun. @returns the last offset that it had acknowledged */
async function runKilled(url: string, folder: string, seed: number, random: () => number): Promise<number> {
  const worker = spawnWorker("archiver", [url, folder, String(seed)]);
  let [acknowledged, seen] = [0, 0];
  const enough = 2 + Math.floor(random() * 12);
  for await (const line of worker.lines) {
    const said = JSON.parse(line) as { appended?: number };
    acknowledged = Math.max(acknowledged, said.appended ?? 0);
    if (++seen === enough) setTimeout(() => worker.kill9(), random() * 60);
  }
  await worker.exit;
  return acknowledged;
}

describe.each(ARCHIVABLE)("%s", (kind) => {
  test("an archive that is killed (-9) anywhere is made or not; the log is whole, and others append meanwhile", {
    timeout: LIMIT_MS,
  }, async () => {
    const random = seededRandom();
    const folder = tempDir();
    const url = await addressIn(kind, folder);
    const mine: string[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const run = { ended: false };
      const appending = appendUntil(url, mine, run);
      const acknowledged = await runKilled(url, folder, kill, random);
      run.ended = true;
      await appending;
      const log = await openLog(url, { archives: [folder] });
      expect(await verifyLog(log)).toMatchObject({ ok: true });
      const events = await allEvents(log);
      expect(events.length).toBeGreaterThanOrEqual(acknowledged);
      expect(events.filter(({ stream }) => stream === "mine-x").map(({ id }) => id)).toEqual(mine);
      for (const { foundAt } of await archiveStates(log, [folder])) expect(foundAt).not.toBeNull();
      await log.close();
    }
  });
});

test("postgres: a server that crashes while it is archived loses nothing; the same command, said again, does what was not done", {
  timeout: LIMIT_MS,
}, async () => {
  const random = seededRandom();
  const [server, folder] = [await startPostgres({}), tempDir()];
  onTestFinished(() => server.close());
  const mine: string[] = [];
  const run = { ended: false };
  // The log stays open: it is the one that has to find the server again.
  const appending = appendUntil(server.url, mine, run);
  for (let crash = 0; crash < CRASHES; crash++) {
    const worker = spawnWorker("archiver", [server.url, folder, `c${crash}`]);
    const enough = 3 + Math.floor(random() * 12);
    let seen = 0;
    for await (const _line of worker.lines) {
      if (++seen === enough) {
        await new Promise((resolve) => setTimeout(resolve, random() * 60));
        await server.stop("immediate");
        if (random() < 0.5) worker.kill9();
        await server.restart();
      }
      if (seen === enough + 2) worker.kill9();
    }
    await worker.exit;
    const log = await openLog(server.url, { archives: [folder] });
    expect(await verifyLog(log)).toMatchObject({ ok: true });
    const file = join(folder, `again-${crash}.jsonl.gz`);
    await archiveBefore(log, "HEAD", file);
    const { offset } = await log.tail();
    expect((await allEvents(log, { to: offset })).length).toBe(offset);
    for (const { foundAt } of await archiveStates(log, [folder])) expect(foundAt).not.toBeNull();
    await log.close();
  }
  run.ended = true;
  await appending;
  const log = await openLog(server.url, { archives: [folder] });
  onTestFinished(() => log.close());
  const events = await allEvents(log);
  expect(events.filter(({ stream }) => stream === "mine-x").map(({ id }) => id)).toEqual(mine);
});

/** Another writer: each of its appends expects the version of the one before. */
async function appendUntil(url: string, ids: string[], run: { readonly ended: boolean }): Promise<void> {
  const log = await openLog(url, { lockTimeoutMs: 60_000, retryLimitMs: 120_000 });
  try {
    while (!run.ended) {
      const { events } = await log.append({ stream: "mine-x", expectedVersion: ids.length, events: [event()] }, ACTOR);
      ids.push(events[0]?.id ?? "");
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    await log.close();
  }
}
