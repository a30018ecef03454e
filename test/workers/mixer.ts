/**
 * Appends, redacts, archives and puts back, in turns, under the fault shim. What is done is printed, and goes into the shim's log in
 * its place among the writes and syncs.
 *
 * Arguments: url folder rounds
 */
import { openSync } from "node:fs";
import { join } from "node:path";
import { archiveBefore, archiveStates, restoreArchive } from "../../src/inspect/archive-log.js";
import { openLog } from "../../src/open-log.js";
import { trialAppend } from "../faults/trial-append.js";

const [url = "", folder = "", rounds = "1"] = process.argv.slice(2);
const actor = { actor: "agent:mixer" };

/** @see Done in test/faults/mixed-acts.ts */
function say(done: object): void {
  const text = JSON.stringify(done);
  process.stdout.write(`${text}\n`);
  try {
    openSync(`/fault-control/ack/${text}`, "r");
  } catch {
    // The shim never opens an order.
  }
}

const log = await openLog(url, { archives: [folder] });
for (let round = 1; round <= Number(rounds); round++) {
  for (let i = 1; i <= 4; i++) {
    const { events } = await log.append(trialAppend(1, (round - 1) * 4 + i), actor);
    for (const { offset, hash } of events) say({ appended: offset, hash });
  }
  const { offset } = await log.tail();
  const { events } = (await log.redact?.({ offsets: [offset - 1, offset - 3] }, actor)) ?? { events: [] };
  for (const { offset: at, hash } of events) say({ appended: at, hash });
  say({ erased: [offset - 1, offset - 3] });
  const entry = await archiveBefore(log, "HEAD~6", join(folder, `a-${round}.jsonl.gz`));
  say({ archived: entry?.to ?? 0 });
  if (round % 2 === 0) {
    const last = (await archiveStates(log, [folder])).at(-1);
    await restoreArchive(log, last?.foundAt ?? "");
    say({ restored: last?.to ?? 0 });
  }
}
await log.close();
