/**
 * Makes appends to one new log after the other, under the fault shim, each with a plan by which the k-th call of a kind
 * fails: k = 1, 2, … until none fails any more. Prints a line for each trial and each attempt of an append.
 *
 * Arguments: backend (jsonl, sqlite, or segments: a JSONL log in small segments) folder appends kind:mode…
 */
import { mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { openLog } from "../../src/open-log.js";
import { appendStubbornly } from "../faults/trial-append.js";

const [backend = "", folder = "", appends = "1", ...plans] = process.argv.slice(2);
/** Far more calls than a trial makes. */
const MAX_K = 400;

for (const plan of plans) {
  const [kind = "", mode = ""] = plan.split(":");
  for (let k = 1, struck = true; struck && k < MAX_K; k++) {
    const trial = `${kind}:${k}:${mode}`;
    const place = join(folder, trial.replaceAll(":", "-"));
    mkdirSync(place);
    const file = join(place, backend === "sqlite" ? "s.db" : "s.jsonl");
    const url = backend === "segments" ? `jsonl:${file}?segment=4KiB` : `${backend}:${file}`;
    process.stdout.write(`${JSON.stringify({ trial, url })}\n`);
    order(trial);
    await appendStubbornly(
      () => openLog(url, { lockTimeoutMs: 2000 }),
      { writer: 1, from: 1, to: Number(appends) },
      (said) => process.stdout.write(`${JSON.stringify(said)}\n`),
    );
    struck = order("none");
  }
}

/** @returns whether the plan before has struck */
function order(plan: string): boolean {
  try {
    openSync(`/fault-control/plan/${plan}`, "r");
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EEXIST";
  }
  throw new Error("the fault shim is not loaded");
}
