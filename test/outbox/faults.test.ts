import { describe, expect, onTestFinished, test } from "vitest";
import { openLog } from "../../src/open-log.js";
import { OutboxLog } from "../../src/outbox/outbox-log.js";
import { outboxReport } from "../../src/outbox/outbox-report.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { seededRandom } from "../faults/seed.js";
import { type PostgresServer, startPostgres } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { spawnWorker, workerOutput } from "../support/worker.js";
import { allOf, dataOf } from "./outbox-world.js";

/** Servers stop and start, and processes are killed, on a busy machine. */
const SLOW_MS = 300_000;

interface Written {
  readonly i: number;
  readonly queued: boolean;
}

async function ownServer(): Promise<PostgresServer> {
  const server = await startPostgres({});
  onTestFinished(() => server.close());
  return server;
}

/** Starts a writer again and again, and kills it at random, until all its appends are acknowledged. */
async function writes(args: readonly string[], count: number, kills: number, random: () => number): Promise<Written[]> {
  const written: Written[] = [];
  for (let killed = 0; written.length < count; ) {
    const life = killed < kills ? 1 + Math.floor(random() * (count / kills)) : Infinity;
    const from = written.length + 1;
    const worker = spawnWorker("outbox-writer", [...args, String(from), String(count)]);
    for await (const line of worker.lines) {
      written.push(JSON.parse(line) as Written);
      if (written.length - from + 1 >= life) worker.kill9();
    }
    const { code, signal, stderr } = await worker.exit;
    if (signal === "SIGKILL") killed++;
    else if (code !== 0) throw new Error(`a writer failed: ${stderr}`);
  }
  return written;
}

/** Each of the appends of each writer stands in the log once, in order in its stream, and nothing waits. */
async function assertOnce(url: string, outboxRoot: string, writers: number, count: number): Promise<void> {
  const log = await openLog(url);
  onTestFinished(() => log.close());
  const stored = (await dataOf(log)) as { writer: number; i: number }[];
  const expected = Array.from({ length: writers * count }, (_, n) => `${1 + Math.floor(n / count)}-${1 + (n % count)}`);
  expect(stored.map(({ writer, i }) => `${writer}-${i}`).sort()).toEqual(expected.sort());
  for (let writer = 1; writer <= writers; writer++) {
    for (let rest = 0; rest < 3; rest++) {
      const own = stored.filter((data) => data.writer === writer && data.i % 3 === rest).map(({ i }) => i);
      expect(own).toEqual([...own].sort((a, b) => a - b));
    }
  }
  expect(await verifyLog(log)).toMatchObject({ ok: true });
  const { queue, conflicts } = await outboxReport(outboxRoot, url);
  expect([queue, conflicts]).toEqual([[], []]);
}

describe("several processes, one outbox", () => {
  test("writers that are killed while the server crashes and comes back: each append once, in order", {
    timeout: SLOW_MS,
  }, async () => {
    const [server, outboxRoot, random] = [await ownServer(), tempDir(), seededRandom()];
    const [writers, count] = [3, 60];
    let running = writers;
    const writing = Array.from({ length: writers }, async (_, n) => {
      const written = await writes([server.url, outboxRoot, String(n + 1)], count, 4, random);
      running--;
      return written;
    });
    const crashing = (async () => {
      while (running > 0) {
        await server.stop(random() < 0.5 ? "immediate" : "fast");
        await new Promise((resolve) => setTimeout(resolve, random() * 1500));
        await server.restart();
        await new Promise((resolve) => setTimeout(resolve, random() * 700));
      }
    })();
    const written = (await Promise.all(writing)).flat();
    await crashing;
    expect(written.filter(({ queued }) => queued).length).toBeGreaterThan(0);
    await workerOutput("outbox-writer", [server.url, outboxRoot, "0", "replay"]);
    await assertOnce(server.url, outboxRoot, writers, count);
  });

  test("a replay that is killed again and again goes on where it was", { timeout: SLOW_MS }, async () => {
    const [server, outboxRoot, random] = [await ownServer(), tempDir(), seededRandom()];
    const count = 400;
    await workerOutput("outbox-writer", [server.url, outboxRoot, "1", "1", "1"]);
    await server.stop("immediate");
    const written = (await workerOutput("outbox-writer", [
      server.url,
      outboxRoot,
      "1",
      "2",
      String(count),
    ])) as Written[];
    expect(written.every(({ queued }) => queued)).toBe(true);
    await server.restart();
    const log = await openLog(server.url);
    onTestFinished(() => log.close());
    let kills = 0;
    for (;;) {
      const { offset } = await log.tail();
      if (offset >= count) break;
      const next = Math.min(count - 1, offset + Math.ceil((random() * count) / 3));
      const worker = spawnWorker("outbox-writer", [server.url, outboxRoot, "0", "replay"]);
      const ended = worker.exit.then(() => true);
      let isOver = false;
      void ended.then(() => {
        isOver = true;
      });
      await until("some of it is replayed", async () => isOver || (await log.tail()).offset > next, 60_000);
      worker.kill9();
      await ended;
      kills++;
    }
    expect(kills).toBeGreaterThan(1);
    await workerOutput("outbox-writer", [server.url, outboxRoot, "0", "replay"]);
    await assertOnce(server.url, outboxRoot, 1, count);
  });
});

test("a program that stays open replays by itself when the server is back, and its copy follows", {
  timeout: SLOW_MS,
}, async () => {
  const [server, outboxRoot] = [await ownServer(), tempDir()];
  const codes: string[] = [];
  const log = await OutboxLog.open(server.url, {
    outboxRoot,
    contactMs: 20,
    retryLimitMs: 20,
    onNotice: ({ code }) => codes.push(code),
  });
  onTestFinished(() => log.close());
  const append = (data: number) => log.append({ stream: "session-a", events: [{ type: "t", data }] }, { actor: "a" });
  await append(1);
  await until("the copy is whole", async () => (await outboxReport(outboxRoot, server.url)).copiedOffset === 1);
  await server.stop("immediate");
  const rings: number[] = [];
  const stop = log.onAppended(() => rings.push(1));
  for (const data of [2, 3]) expect(await append(data)).toMatchObject({ queued: true, lastOffset: data });
  expect(await dataOf(log)).toEqual([1, 2, 3]);
  await server.restart();
  await until("it is back", () => codes.includes("OUTBOX_REPLAYED"), 60_000);
  await until("it says so", () => log.staleness === undefined);
  expect(rings.length).toBeGreaterThan(1);
  stop();
  const after = await append(4);
  expect([after.queued, after.lastOffset]).toEqual([undefined, 4]);
  const direct = await openLog(server.url);
  onTestFinished(() => direct.close());
  expect((await allOf(direct)).map(({ data, meta }) => [data, typeof meta.occurredAt])).toEqual([
    [1, "undefined"],
    [2, expect.stringMatching(/^(undefined|string)$/)], // by chance the timer finds the server away before it does
    [3, "string"],
    [4, "undefined"],
  ]);
});
