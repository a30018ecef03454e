import { describe, expect, test } from "vitest";
import { allEvents } from "../../src/conformance/target.js";
import { isRedaction, offsetsNamedBy } from "../../src/log/redaction.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { CANARY } from "../erasure/canary.js";
import { addSessions, freshStore, KINDS, withLog } from "../migrate/stores.js";
import { spawnWorker } from "../support/worker.js";
import { seededRandom } from "./seed.js";

/** REDACTION_KILLS=100 for a long run. */
const KILLS = Number(process.env.REDACTION_KILLS ?? 6);
/** A limit for a slow and shared machine. */
const LIMIT_MS = 300_000;

/** Kills the process some time after its n-th redaction. @returns what it had acknowledged as erased */
async function runKilled(url: string, random: () => number): Promise<number[]> {
  const worker = spawnWorker("redactor", [url, CANARY]);
  const erased: number[] = [];
  const enough = 1 + Math.floor(random() * 4);
  for await (const line of worker.lines) {
    const said = JSON.parse(line) as { appended?: number; erased?: number };
    if (said.erased !== undefined) erased.push(said.erased);
    else if (erased.length >= enough) setTimeout(() => worker.kill9(), random() * 15);
  }
  await worker.exit;
  return erased;
}

/** What is erased lies in a closed segment as often as in the newest file. */
const SEGMENTS = "jsonl in segments";
const freshUrl = async (kind: (typeof KINDS)[number] | typeof SEGMENTS) =>
  kind === SEGMENTS ? `${await freshStore("jsonl")}?segment=4KiB` : freshStore(kind);

describe.each([...KINDS, SEGMENTS] as const)("%s", (kind) => {
  test("a redaction that is killed (-9) anywhere has happened, with its record, or has not", {
    timeout: LIMIT_MS,
  }, async () => {
    const random = seededRandom();
    const url = await freshUrl(kind);
    await addSessions(url, 200);
    for (let kill = 0; kill < KILLS; kill++) {
      const acknowledged = await runKilled(url, random);
      await withLog(url, async (log) => {
        expect(await verifyLog(log)).toMatchObject({ ok: true });
        const events = await allEvents(log);
        const erased = events.filter(({ redacted }) => redacted).map(({ offset }) => offset);
        expect(offsetsNamedBy(events.filter(isRedaction))).toEqual(erased);
        expect(erased).toEqual(expect.arrayContaining(acknowledged));
      });
    }
  });
});
