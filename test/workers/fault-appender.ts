/**
 * Makes the appends `from` to `to` (inclusive) of a writer, under the fault shim, and prints what came of each attempt.
 * Each acknowledgement also goes into the shim's log, in its place among the writes and syncs.
 *
 * Arguments: url writer from to [no-sync]: a JSONL log that acknowledges what is not on the disk, for the harness to catch
 */
import { openSync } from "node:fs";
import { SYSTEM_FILE_CALLS } from "../../src/log/jsonl/file-calls.js";
import { JsonlLog } from "../../src/log/jsonl/jsonl-log.js";
import { openLog } from "../../src/open-log.js";
import { appendStubbornly } from "../faults/trial-append.js";

const [url = "", writer = "1", from = "1", to = "1", flaw] = process.argv.slice(2);

function openFlawed(): Promise<JsonlLog> {
  return JsonlLog.open(url.slice("jsonl:".length), { calls: { ...SYSTEM_FILE_CALLS, sync: () => undefined } });
}

await appendStubbornly(
  () => (flaw === "no-sync" ? openFlawed() : openLog(url)),
  { writer: Number(writer), from: Number(from), to: Number(to) },
  (said) => {
    const text = JSON.stringify(said);
    try {
      if ("hashes" in said) openSync(`/fault-control/ack/${text}`, "r");
    } catch {
      // The shim never opens an order.
    }
    process.stdout.write(`${text}\n`);
  },
);
