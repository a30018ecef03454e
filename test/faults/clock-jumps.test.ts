import { expect, test } from "vitest";
import type { EventLog } from "../../src/log/event-log.js";
import { eventsOf } from "../../src/log/paging.js";
import { openLog } from "../../src/open-log.js";
import { SHARED_STORES } from "../support/stores.js";
import { FaultReport } from "./fault-report.js";
import { judge } from "./oracle.js";
import { IS_LONG, seededRandom } from "./seed.js";
import { appendStubbornly, type Said } from "./trial-append.js";

const LIMIT_MS = 1_200_000;
const TRIALS = IS_LONG ? 100 : 3;
const WRITERS = 3;
const APPENDS_EACH = 10;
const DAY_MS = 86_400_000;

test.each(SHARED_STORES)(
  "%s: clocks that jump lose nothing, and times never go back",
  { timeout: LIMIT_MS },
  async (name, freshUrl) => {
    const report = new FaultReport(`${name}: clocks that jump`);
    const random = seededRandom();
    for (let trial = 0; trial < TRIALS; trial++) {
      const url = await freshUrl();
      const said: Said[] = [];
      const write = (writer: number) => {
        const open = () => openLog(url, { now: jumpingClock(random) });
        return appendStubbornly(open, { writer, from: 1, to: APPENDS_EACH }, (one) => said.push(one));
      };
      await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
      const verdict = await judge(() => openLog(url), said);
      report.add(`trial ${trial}`, { ...verdict, wrong: [...verdict.wrong, ...(await timesWrong(url))] });
    }
    report.close();
  },
);

/** Each look at it is up to a day before or behind the last one: somebody corrects it, a machine wakes up, a leap. */
function jumpingClock(random: () => number): () => Date {
  let ms = Date.now();
  return () => {
    if (random() < 0.3) ms += Math.round((random() - 0.5) * 2 * DAY_MS);
    return new Date(ms++);
  };
}

/** Times that go back, and times at which the log finds another event than the last one at or before them. */
async function timesWrong(url: string): Promise<string[]> {
  const log = await openLog(url);
  try {
    const times: string[] = [];
    for await (const { recordedAt } of eventsOf(log.readAll())) times.push(recordedAt);
    const back = times.flatMap((time, i) => (time < (times[i - 1] ?? "") ? [`offset ${i + 1} is before ${i}`] : []));
    return [...back, ...(await foundWrong(log, times))];
  } finally {
    await log.close();
  }
}

async function foundWrong(log: EventLog, times: readonly string[]): Promise<string[]> {
  const wrong: string[] = [];
  expect(times.length).toBeGreaterThan(WRITERS * APPENDS_EACH);
  for (const time of new Set(times)) {
    const found = await log.offsetAt(new Date(time));
    if (found !== times.lastIndexOf(time) + 1) wrong.push(`at ${time} it finds offset ${found}`);
  }
  return wrong;
}
