import { expect, onTestFinished, test } from "vitest";
import { eventsOf } from "../../src/log/paging.js";
import { openLog } from "../../src/open-log.js";
import { outboxReport } from "../../src/outbox/outbox-report.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { type PostgresServer, startPostgres } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { spawnWorker, workerOutput } from "../support/worker.js";
import { FaultReport } from "./fault-report.js";
import type { Verdict } from "./oracle.js";
import { IS_LONG, seededRandom } from "./seed.js";
import { writerEventId } from "./writer-event.js";

const LIMIT_MS = 1_200_000;
const WRITERS = 4;
const KILLS = IS_LONG ? 200 : 8;
/** Of a life: from before anything is opened to the middle of many appends. */
const LIFE_MS = 1_500;
/** More than a writer comes to in all its lives. */
const ENDLESS = 1_000_000;

/** Acknowledged numbers of one writer, by the server or by the outbox. */
type Acknowledged = number[];

/** Starts a writer again and again, and kills it at a random moment of its life. */
async function killedWriter(args: readonly string[], kills: number, random: () => number): Promise<Acknowledged> {
  const acknowledged: Acknowledged = [];
  for (let killed = 0; killed < kills; killed++) {
    const from = acknowledged.length + 1;
    const worker = spawnWorker("outbox-writer", [...args, String(from), String(ENDLESS)]);
    const timer = setTimeout(() => worker.kill9(), random() * LIFE_MS);
    for await (const line of worker.lines) acknowledged.push((JSON.parse(line) as { i: number }).i);
    clearTimeout(timer);
    const { signal, stderr } = await worker.exit;
    if (signal !== "SIGKILL") throw new Error(`a writer failed: ${stderr}`);
  }
  return acknowledged;
}

/** Until `isOver`: away for up to a second, there for up to two. @returns how often it stopped */
async function comeAndGo(server: PostgresServer, isOver: () => boolean, random: () => number): Promise<number> {
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, random() * ms));
  let stops = 0;
  while (!isOver()) {
    await pause(2_000);
    await server.stop("immediate");
    stops++;
    await pause(1_000);
    await server.restart();
  }
  return stops;
}

/** What was acknowledged stands in the log once, with its id, in order in its stream; nothing waits, nothing conflicts. */
async function judgeOutbox(url: string, outboxRoot: string, writers: readonly Acknowledged[]): Promise<Verdict> {
  const log = await openLog(url);
  const [found, wrong] = [new Map<string, number>(), [] as string[]];
  const last = new Map<string, number>();
  try {
    for await (const event of eventsOf(log.readAll())) {
      const { writer, i } = event.data as { writer: number; i: number };
      found.set(`${writer}/${i}`, (found.get(`${writer}/${i}`) ?? 0) + 1);
      if (event.id !== writerEventId(writer, i)) wrong.push(`${writer}/${i} has another id`);
      const place = `${writer} ${event.stream}`;
      if (i < (last.get(place) ?? 0)) wrong.push(`${writer}/${i} comes after ${last.get(place)}`);
      last.set(place, i);
    }
    if (!(await verifyLog(log)).ok) wrong.push("the chain does not verify");
  } finally {
    await log.close();
  }
  const { queue, conflicts } = await outboxReport(outboxRoot, url);
  if (queue.length + conflicts.length > 0) wrong.push(`${queue.length} wait, ${conflicts.length} conflict`);
  const acknowledged = writers.flatMap((own, n) => own.map((i) => `${n + 1}/${i}`));
  return {
    acknowledged: acknowledged.length,
    lost: acknowledged.filter((mark) => !found.has(mark)),
    doubled: [...found].filter(([, count]) => count > 1).map(([mark]) => mark),
    wrong,
  };
}

test("behind an outbox nothing is lost or doubled, whenever its writers are killed and the server crashes", {
  timeout: LIMIT_MS,
}, async () => {
  const [outboxRoot, random] = [tempDir(), seededRandom()];
  const server = await startPostgres({});
  onTestFinished(() => server.close());
  const report = new FaultReport("outbox: kill -9 at random, and the server's crashes");
  // Whatever comes first in an outbox makes its copy: without one, only what expects nothing is queued.
  await workerOutput("outbox-writer", [server.url, outboxRoot, "9", "1", "0"]);
  let running = WRITERS;
  const coming = comeAndGo(server, () => running === 0, random);
  const writing = Array.from({ length: WRITERS }, async (_, n) => {
    const own = await killedWriter([server.url, outboxRoot, String(n + 1)], KILLS / WRITERS, random);
    running--;
    return own;
  });
  const writers = await Promise.all(writing);
  const stops = await coming;
  await until("all is replayed", async () => {
    await workerOutput("outbox-writer", [server.url, outboxRoot, "0", "replay"]);
    return (await outboxReport(outboxRoot, server.url)).queue.length === 0;
  });
  for (let kill = 1; kill < KILLS; kill++)
    report.add(`kill ${kill}`, { acknowledged: 0, lost: [], doubled: [], wrong: [] });
  report.add("in the end", await judgeOutbox(server.url, outboxRoot, writers));
  report.close();
  expect([stops > 0, writers.every((own) => own.length > 0)]).toEqual([true, true]);
});
