import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { openLog } from "../../src/open-log.js";
import { IN_MEMORY, tempDir } from "../support/temp.js";
import { spawnWorker, workerOutput } from "../support/worker.js";
import { type FaultRecord, readFaultLog } from "./fault-log.js";
import { FaultReport, notRun } from "./fault-report.js";
import { SimulatedDisk, type Survival } from "./lost-power.js";
import { judge, type Verdict } from "./oracle.js";
import { IS_LONG, seededRandom } from "./seed.js";
import { faultShim } from "./shim.js";
import type { Said } from "./trial-append.js";

const APPENDS = IS_LONG ? 24 : 8;
/** Images by chance at each point; there are two more. */
const RANDOM_IMAGES = IS_LONG ? 10 : 2;
/** Of all points, this share is looked at. */
const SHARE = { jsonl: IS_LONG ? 1 : 0.4, segments: IS_LONG ? 1 : 0.4, sqlite: IS_LONG ? 1 : 0.1 };
const LIMIT_MS = 1_200_000;

const shim = faultShim();
const random = seededRandom();

/** Appends with the shim writing everything down. A plan kills the writer; a second one then goes on from the start. */
async function recorded(url: string, root: string, plan: string, flaw: string[] = []): Promise<FaultRecord[]> {
  if (typeof shim === "string") throw new Error(shim);
  const log = `${root}.log`;
  const args = [url, "1", "1", String(APPENDS), ...flaw];
  if (plan !== "") await spawnWorker("fault-appender", args, { env: shim.env(root, { log, plan }) }).exit;
  await workerOutput("fault-appender", args, { env: shim.env(root, { log }) });
  const records = readFaultLog(log);
  rmSync(log);
  return records;
}

/** Cuts the power behind each record (or a share of them) and opens what is left. */
async function cutEverywhere(
  records: readonly FaultRecord[],
  url: string,
  share: number,
  add: (trial: string, verdict: Verdict) => void,
): Promise<void> {
  const disk = new SimulatedDisk();
  const said: Said[] = [];
  for (const [i, record] of records.entries()) {
    disk.apply(record);
    if (record.kind === "acknowledged") said.push(JSON.parse(record.text) as Said);
    if (random() >= share && record.kind !== "acknowledged") continue;
    const survivals: Survival[] = [
      "nothing",
      "everything",
      ...Array.from({ length: RANDOM_IMAGES }, () => ({ random })),
    ];
    for (const [n, survival] of survivals.entries()) {
      const root = dirname(url.slice(url.indexOf(":") + 1));
      restore(root, disk.afterLoss(survival));
      add(`after call ${i} (${record.kind}), image ${n}`, await judge(() => openLog(url), said));
    }
  }
}

function restore(root: string, files: ReadonlyMap<string, Buffer>): void {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root);
  for (const [path, bytes] of files) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }
}

/** Segments so small that most appends begin another one. */
function urlIn(root: string, backend: keyof typeof SHARE): string {
  const file = join(root, "s.log");
  return backend === "segments" ? `jsonl:${file}?segment=4KiB` : `${backend}:${file}`;
}

/** A writer lives; or it is killed after a write and before its sync, and another one goes on with the same ids. */
const LIVES = ["", "write:3:after-kill", "write:5:half-kill", "sync:4:kill"];
/** Of a writer that is killed before its k-th sync, and another one that repeats what it may have written. */
const MAX_SYNCS = IS_LONG ? 60 : 24;

describe.each(["jsonl", "segments", "sqlite"] as const)("%s: the power goes after any call", (backend) => {
  test("what was acknowledged is there, nothing is half there, and the log goes on", { timeout: LIMIT_MS }, async ({
    skip,
  }) => {
    const scenario = `${backend}: loss of power`;
    if (typeof shim === "string") {
      notRun(scenario, shim);
      return skip(shim);
    }
    const report = new FaultReport(scenario);
    for (const plan of LIVES) {
      const root = tempDir(IN_MEMORY);
      const url = urlIn(root, backend);
      const records = await recorded(url, root, plan);
      await cutEverywhere(records, url, SHARE[backend], (trial, verdict) => report.add(`${plan} ${trial}`, verdict));
    }
    report.close();
  });

  test("what a killed writer had not synced is on the disk before anybody acknowledges it", {
    timeout: LIMIT_MS,
  }, async ({ skip }) => {
    const scenario = `${backend}: killed before a sync, repeated, loss of power`;
    if (typeof shim === "string") {
      notRun(scenario, shim);
      return skip(shim);
    }
    const report = new FaultReport(scenario);
    for (let k = IS_LONG ? 1 : 1 + Math.floor(random() * 6); k <= MAX_SYNCS; k += IS_LONG ? 1 : 6) {
      const root = tempDir(IN_MEMORY);
      const url = urlIn(root, backend);
      const records = await recorded(url, root, `sync:${k}:kill`);
      await cutEverywhere(records, url, 0, (trial, verdict) => report.add(`sync ${k} ${trial}`, verdict));
    }
    report.close();
  });
});

test("a store that acknowledges before its sync is caught", { timeout: LIMIT_MS }, async ({ skip }) => {
  if (typeof shim === "string") return skip(shim);
  const root = tempDir(IN_MEMORY);
  const url = `jsonl:${join(root, "s.log")}`;
  const lost: string[] = [];
  const records = await recorded(url, root, "", ["no-sync"]);
  await cutEverywhere(records, url, 0, (_trial, verdict) => lost.push(...verdict.lost, ...verdict.wrong));
  expect(lost.length).toBeGreaterThan(0);
});
