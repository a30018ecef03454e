import { describe, expect, test } from "vitest";
import { ACTOR, event } from "../../src/conformance/target.js";
import { MigrationJournal } from "../../src/migrate/journal.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { addSessions, allLines, everyByte, freshStore, type Kind, withLog } from "../migrate/stores.js";
import { spawnWorker } from "../support/worker.js";
import { seededRandom } from "./seed.js";

/** At batch boundaries, at random moments behind one, and anywhere behind the plan. MIGRATION_KILLS=100 for a long run. */
const KILLS = Number(process.env.MIGRATION_KILLS ?? 12);
const BATCH = 8;
const SOURCE_EVENTS = 20 * BATCH;
/** For a slow and shared machine: a limit, not an expectation. */
const LIMIT_MS = KILLS * 30_000;
/** About what a whole life of the worker takes from its plan on. */
const LIFE_MS = 250;

interface Said {
  readonly planned?: number;
  readonly phase?: string;
  readonly done?: unknown;
  readonly code?: string;
  readonly message?: string;
}

async function fill(url: string): Promise<void> {
  await addSessions(url, SOURCE_EVENTS / 4);
  await withLog(url, async (log) => {
    for (let left = SOURCE_EVENTS / 2; left > 0; left -= 4) {
      const events = [event("t", { left }), event("t", "x".repeat(2000)), event("t"), event("t")];
      await log.append({ stream: `other-${left % 3}`, events }, ACTOR);
    }
  });
}

/**
 * Runs a migration that is killed when `due` says so, asked after the plan (0 batches) and after each batch: so many
 * milliseconds later. @returns whether it came to its end before
 */
async function runKilled(
  source: string,
  target: string,
  due: (batches: number) => number | undefined,
): Promise<boolean> {
  const worker = spawnWorker("migrator", [source, target, String(BATCH)]);
  let batches = 0;
  let done = false;
  for await (const line of worker.lines) {
    const said = JSON.parse(line) as Said;
    if (said.code !== undefined) throw new Error(`${said.code}: ${said.message}`);
    done ||= said.done === true;
    if (said.phase !== "copying" && said.planned === undefined) continue;
    const delayMs = due(said.planned === undefined ? ++batches : 0);
    if (delayMs === 0) worker.kill9();
    else if (delayMs !== undefined) setTimeout(() => worker.kill9(), delayMs);
  }
  await worker.exit;
  return done;
}

const PAIRS: [Kind, Kind][] = [
  ["jsonl", "sqlite"],
  ["sqlite", "postgres"],
  ["postgres", "jsonl"],
];

describe.each(PAIRS)("a migration %s → %s that is killed (-9) again and again", (from, to) => {
  test("at each batch boundary and at random moments: ends with the same tail, nothing lost, nothing doubled", {
    timeout: LIMIT_MS,
  }, async () => {
    const random = seededRandom();
    const source = await freshStore(from);
    await fill(source);
    const [bytes, lines] = [await everyByte(source), await allLines(source)];
    let kills = 0;
    while (kills < KILLS) {
      const target = await freshStore(to);
      // Each life ends one batch further on than the one before, or somewhere on the way there.
      for (let life = 0; kills < KILLS && !(await runKilled(source, target, killAfterOne(life, random))); life++)
        kills++;
      while (!(await runKilled(source, target, () => undefined)));
      expect(await allLines(target)).toEqual(lines);
      await withLog(target, async (log) => {
        expect(await verifyLog(log)).toMatchObject({ ok: true, verified: SOURCE_EVENTS });
        // All the lives were one migration, which can be rolled back as a whole.
        const { entries } = await new MigrationJournal(log).list();
        expect(entries).toMatchObject([{ state: "done", before: { offset: 0 }, after: { offset: SOURCE_EVENTS } }]);
      });
    }
    expect(kills).toBeGreaterThanOrEqual(KILLS);
    expect(await everyByte(source)).toEqual(bytes);
  });
});

function killAfterOne(life: number, random: () => number): (batches: number) => number | undefined {
  const anywhere = life % 3 === 2;
  return (batches) => {
    if (batches !== (anywhere ? 0 : 1)) return undefined;
    return life % 3 === 0 ? 0 : Math.floor(random() * (anywhere ? LIFE_MS : 30));
  };
}
