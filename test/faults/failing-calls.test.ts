import { describe, expect, test } from "vitest";
import { openLog } from "../../src/open-log.js";
import { IN_MEMORY, tempDir } from "../support/temp.js";
import { workerOutput } from "../support/worker.js";
import { FaultReport, notRun } from "./fault-report.js";
import { judge } from "./oracle.js";
import { IS_LONG } from "./seed.js";
import { faultShim } from "./shim.js";
import type { Said } from "./trial-append.js";

const APPENDS = IS_LONG ? 12 : 4;
const LIMIT_MS = 600_000;

const PLANS = [
  ...["EIO", "ENOSPC", "half-EIO", "short", "full"].map((mode) => `write:${mode}`),
  ...["EIO", "ENOSPC"].map((mode) => `sync:${mode}`),
  ...["EIO", "ENOSPC"].map((mode) => `create:${mode}`),
  "rename:EIO",
  "rename:ENOSPC",
  "truncate:EIO",
];

interface Trial {
  readonly trial: string;
  readonly url: string;
  readonly said: Said[];
}

function trialsOf(lines: readonly unknown[]): Trial[] {
  const trials: Trial[] = [];
  for (const line of lines as (Said | Omit<Trial, "said">)[]) {
    if ("trial" in line) trials.push({ ...line, said: [] });
    else trials.at(-1)?.said.push(line);
  }
  return trials;
}

const shim = faultShim();

describe.each(["jsonl", "segments", "sqlite"])("%s: the k-th system call fails, k = 1 until none does", (backend) => {
  test("nothing acknowledged is lost, nothing is doubled, and every refusal has its advice", {
    timeout: LIMIT_MS,
  }, async ({ skip }) => {
    const scenario = `${backend}: k-th call fails`;
    if (typeof shim === "string") {
      notRun(scenario, shim);
      return skip(shim);
    }
    const report = new FaultReport(scenario);
    const root = tempDir(IN_MEMORY);
    const args = [backend, root, String(APPENDS), ...PLANS];
    for (const { trial, url, said } of trialsOf(await workerOutput("failing-calls", args, { env: shim.env(root) }))) {
      report.add(trial, await judge(() => openLog(url), said));
    }
    report.close();
    expect(report.trials).toBeGreaterThan(PLANS.length * 3);
  });
});
