import { join } from "node:path";
import { expect, test } from "vitest";
import { openLog } from "../../src/open-log.js";
import { tempDir } from "../support/temp.js";
import { spawnWorker } from "../support/worker.js";
import { FaultReport } from "./fault-report.js";
import { judge } from "./oracle.js";
import { IS_LONG } from "./seed.js";
import { appendStubbornly, type Said } from "./trial-append.js";

/** Each attempt of the others to get past a holder that stands still. */
const LOCK_LIMIT_MS = 200;
const TRIALS = IS_LONG ? 20 : 2;

test.each([
  ["jsonl", "s.jsonl"],
  ["sqlite", "s.db"],
])(
  "%s: a lock holder that is stopped (SIGSTOP) past every time limit keeps its lock, and dies with it",
  {
    timeout: 300_000,
  },
  async (backend, file) => {
    const report = new FaultReport(`${backend}: lock holder stopped`);
    for (let trial = 0; trial < TRIALS; trial++) {
      const path = join(tempDir(), file);
      const open = () => openLog(`${backend}:${path}`, { lockTimeoutMs: LOCK_LIMIT_MS });
      const said: Said[] = [];
      const append = (i: number) => appendStubbornly(open, { writer: 1, from: i, to: i }, (one) => said.push(one));
      await append(1);
      const holder = spawnWorker("lock-holder", [path]);
      await holder.firstBytes();
      holder.signal("SIGSTOP");
      await append(2);
      expect(said.slice(1)).toMatchObject([{ code: "LOG_LOCKED" }, { code: "LOG_LOCKED" }, { code: "LOG_LOCKED" }]);
      holder.signal("SIGCONT");
      await append(3);
      expect(said.at(-1)).toMatchObject({ i: 3, code: "LOG_LOCKED" });
      holder.kill9();
      await holder.exit;
      await append(4);
      expect(said.at(-1)).toMatchObject({ i: 4, hashes: expect.any(Array) });
      report.add(`trial ${trial}`, await judge(open, said));
    }
    report.close();
  },
);
