import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { SessionDbError } from "../../src/errors.js";
import { archiveBefore } from "../../src/inspect/archive-log.js";
import type { SealedEvent } from "../../src/log/event.js";
import type { EventLog } from "../../src/log/event-log.js";
import { eventsOf } from "../../src/log/paging.js";
import { openLog } from "../../src/open-log.js";
import { subscribe } from "../../src/replay/subscribe.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { CANARY, canaryIn } from "../erasure/canary.js";
import { SHARED_STORES } from "../support/stores.js";
import { tempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { spawnWorker, type Worker, workerOutput } from "../support/worker.js";
import { FaultReport } from "./fault-report.js";
import { IS_LONG } from "./seed.js";

const LIMIT_MS = 1_200_000;
const WRITERS = 8;
const APPENDS_EACH = IS_LONG ? 300 : 25;
const REDACTORS = 2;
/** An archive during which something is erased is refused: between two redactions there has to be the time for one. */
const PAUSE_MS = "400";
const TRY_AGAIN = ["ARCHIVE_OUTDATED", "READ_MODEL_BUSY"];

/** A redactor, and the last event that it has erased. */
class Redactor {
  readonly #worker: Worker;
  readonly #done: Promise<void>;
  last = 0;
  count = 0;

  constructor(url: string) {
    this.#worker = spawnWorker("redactor", [url, CANARY, PAUSE_MS]);
    this.#done = this.#listen();
  }

  async #listen(): Promise<void> {
    for await (const line of this.#worker.lines) {
      const { erased } = JSON.parse(line) as { erased?: number };
      if (erased === undefined) continue;
      this.last = erased;
      this.count++;
    }
  }

  /** In the middle of whatever it does. @throws what it died of by itself */
  async kill(): Promise<void> {
    this.#worker.kill9();
    await this.#done;
    const { signal, stderr } = await this.#worker.exit;
    if (signal !== "SIGKILL") throw new Error(`a redactor failed: ${stderr}`);
  }
}

/** Archives what both redactors have left behind them, again and again. @returns how often */
async function archiveMeanwhile(
  log: EventLog,
  folder: string,
  redactors: readonly Redactor[],
  isOver: () => boolean,
): Promise<number> {
  const common = () => Math.min(...redactors.map(({ last }) => last));
  let archived = 0;
  for (let end = 0; !isOver(); ) {
    await until("more is erased", () => isOver() || common() > end, LIMIT_MS);
    end = common();
    if (end > 0 && (await isArchived(log, end, join(folder, `a-${end}.jsonl.gz`)))) archived++;
  }
  return archived;
}

/** As its error advises: where data was erased while its file was written, that file goes. */
async function isArchived(log: EventLog, end: number, file: string): Promise<boolean> {
  try {
    return (await archiveBefore(log, String(end), file)) !== null;
  } catch (error) {
    if (!TRY_AGAIN.includes((error as SessionDbError).code)) throw error;
    rmSync(file, { force: true });
    return false;
  }
}

async function eraseWhatIsLeft(log: EventLog): Promise<void> {
  const offsets: number[] = [];
  for await (const { offset, dataText } of eventsOf(log.readAll()))
    if (dataText?.includes(CANARY)) offsets.push(offset);
  if (offsets.length > 0) await log.redact?.({ offsets }, { actor: "user:t" });
}

test.each(SHARED_STORES)(
  "%s: nothing that was erased is left anywhere, while eight append, one follows and archives are made",
  { timeout: LIMIT_MS },
  async (name, freshUrl) => {
    const report = new FaultReport(`${name}: redactions while others append, follow and archive`);
    const [url, folder, stop] = [await freshUrl(), tempDir(), new AbortController()];
    const log = await openLog(url, { archives: [folder] });
    const redactors = Array.from({ length: REDACTORS }, () => new Redactor(url));
    let isOver = false;
    const seen: number[] = [];
    const following = (async () => {
      for await (const { offset } of subscribe(log, { signal: stop.signal, pollMs: 20 })) seen.push(offset);
    })();
    const archiving = archiveMeanwhile(log, folder, redactors, () => isOver);
    await until("something is archived", async () => ((await log.archives?.()) ?? []).length > 0, LIMIT_MS);
    const written = await Promise.all(
      Array.from({ length: WRITERS }, (_, n) => workerOutput("appender", [url, `${n + 1}`, "1", `${APPENDS_EACH}`])),
    );
    isOver = true;
    const archived = await archiving;
    await Promise.all(redactors.map((one) => one.kill()));
    await eraseWhatIsLeft(log);
    const events: SealedEvent[] = [];
    for await (const event of eventsOf(log.readAll())) events.push(event);
    await until("the follower is there", () => seen.length >= events.length);
    stop.abort();
    await following;
    const acknowledged = written.flat() as { offset: number; hash: string }[];
    const wrong = (await canaryIn(url)).map((place) => `${place} holds what was erased`);
    if (events.some(({ dataText }) => dataText?.includes(CANARY))) wrong.push("an event holds what was erased");
    if (seen.some((offset, i) => offset !== i + 1)) wrong.push("the follower has missed something");
    if (!(await verifyLog(log)).ok) wrong.push("the chain does not verify");
    await log.close();
    const lost = acknowledged
      .filter(({ offset, hash }) => events[offset - 1]?.hash !== hash)
      .map((one) => `${one.offset}`);
    const erased = redactors.reduce((sum, { count }) => sum + count, 0);
    const verdict = { acknowledged: acknowledged.length + 2 * erased, lost, doubled: [], wrong };
    report.add(`${erased} redactions, ${archived} archives`, verdict);
    report.close();
    expect([erased > 0, archived > 0, acknowledged.length]).toEqual([true, true, WRITERS * APPENDS_EACH]);
  },
);
