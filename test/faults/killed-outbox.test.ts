import { expect, onTestFinished, test } from "vitest";
import { outboxReport } from "../../src/outbox/outbox-report.js";
import { type PostgresServer, startPostgres } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { spawnWorker, workerOutput } from "../support/worker.js";
import { FaultReport } from "./fault-report.js";
import { judgeOutbox } from "./judge-outbox.js";
import { IS_LONG, seededRandom } from "./seed.js";

const LIMIT_MS = 1_200_000;
const WRITERS = 4;
const KILLS = IS_LONG ? 200 : 8;
/** Of a life: from before anything is opened to the middle of many appends. */
const LIFE_MS = 1_500;
/** More than a writer comes to in all its lives. */
const ENDLESS = 1_000_000;

/** Starts a writer again and again, and kills it at a random moment of its life; longer ones, until something is acknowledged. */
async function killedWriter(args: readonly string[], kills: number, random: () => number): Promise<number[]> {
  const acknowledged: number[] = [];
  for (let killed = 0; killed < kills || acknowledged.length === 0; killed++) {
    const lifeMs = random() * LIFE_MS * Math.max(1, killed - kills + 2);
    const from = acknowledged.length + 1;
    const worker = spawnWorker("outbox-writer", [...args, String(from), String(ENDLESS)]);
    const timer = setTimeout(() => worker.kill9(), lifeMs);
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
  expect(stops).toBeGreaterThan(0);
});
