import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { IN_MEMORY, tempDir } from "../support/temp.js";
import { spawnWorker, workerOutput } from "../support/worker.js";
import { readFaultLog } from "./fault-log.js";
import { FaultReport, notRun } from "./fault-report.js";
import { SimulatedDisk, type Survival } from "./lost-power.js";
import { type Done, judgeMixed } from "./mixed-acts.js";
import { IS_LONG, seededRandom } from "./seed.js";
import { faultShim } from "./shim.js";

const ROUNDS = IS_LONG ? 5 : 3;
/** Of all points, this share is looked at. */
const SHARE = IS_LONG ? { jsonl: 1, sqlite: 0.3 } : { jsonl: 0.1, sqlite: 0.02 };
/** Of the calls before which a process is killed, every so many: there are four hundred writes, and a hundred of the others. */
const STEPS = IS_LONG ? { write: 7, other: 3 } : { write: 120, other: 60 };
const RANDOM_IMAGES = IS_LONG ? 6 : 1;
const LIMIT_MS = 1_200_000;

const shim = faultShim();
const random = seededRandom();

function urlIn(folder: string, kind: string): string {
  if (kind === "sqlite") return `sqlite:${join(folder, "s.db")}`;
  return `jsonl:${join(folder, "s.jsonl")}${kind === "jsonl" ? "" : "?segment=4KiB"}`;
}

function restore(root: string, files: ReadonlyMap<string, Buffer>): void {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root);
  for (const [path, bytes] of files) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }
}

describe.each(["jsonl", "jsonl in segments", "sqlite"])("%s", (kind) => {
  test("the power goes after any call of a log that is appended to, redacted, archived and put back", {
    timeout: LIMIT_MS,
  }, async ({ skip }) => {
    const scenario = `${kind}: archives and redactions, loss of power`;
    if (typeof shim === "string") {
      notRun(scenario, shim);
      return skip(shim);
    }
    const root = tempDir(IN_MEMORY);
    const url = urlIn(root, kind);
    const log = `${root}.log`;
    await workerOutput("mixer", [url, root, String(ROUNDS)], { env: shim.env(root, { log }) });
    const report = new FaultReport(scenario);
    const disk = new SimulatedDisk();
    const done: Done[] = [];
    for (const [i, record] of readFaultLog(log).entries()) {
      disk.apply(record);
      if (record.kind === "acknowledged") done.push(JSON.parse(record.text) as Done);
      if (random() >= SHARE[kind === "sqlite" ? "sqlite" : "jsonl"]) continue;
      const survivals: Survival[] = ["nothing", "everything"];
      for (let n = 0; n < RANDOM_IMAGES; n++) survivals.push({ random });
      for (const [n, survival] of survivals.entries()) {
        restore(root, disk.afterLoss(survival));
        report.add(`after call ${i} (${record.kind}), image ${n}`, await judgeMixed(url, root, done));
      }
    }
    rmSync(log);
    report.close();
  });

  test("is killed at any write, sync or rename of an append, a redaction, an archive or its way back", {
    timeout: LIMIT_MS,
  }, async ({ skip }) => {
    const scenario = `${kind}: archives and redactions, killed at the k-th call`;
    if (typeof shim === "string") {
      notRun(scenario, shim);
      return skip(shim);
    }
    const report = new FaultReport(scenario);
    for (const plan of [
      "write:K:half-kill",
      "sync:K:kill",
      "rename:K:kill",
      "rename:K:after-kill",
      "truncate:K:kill",
    ]) {
      const step = plan.startsWith("write") ? STEPS.write : STEPS.other;
      for (let k = 1 + Math.floor(random() * step), isStruck = true; isStruck; k += step) {
        const root = tempDir(IN_MEMORY);
        const url = urlIn(root, kind);
        const env = shim.env(root, { plan: plan.replace("K", String(k)) });
        const worker = spawnWorker("mixer", [url, root, String(ROUNDS)], { env });
        const done: Done[] = [];
        for await (const line of worker.lines) done.push(JSON.parse(line) as Done);
        const { signal, code, stderr } = await worker.exit;
        isStruck = signal === "SIGKILL";
        if (!isStruck) expect(code, stderr).toBe(0);
        report.add(plan.replace("K", String(k)), await judgeMixed(url, root, done));
        rmSync(root, { recursive: true });
      }
    }
    report.close();
  });
});
