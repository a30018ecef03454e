import { spawn } from "node:child_process";
import { UsageError } from "../errors.js";
import type { Verdict } from "../inspect/bisect.js";
import type { Json } from "../log/canonical.js";
import { interruptible } from "./interruptible.js";
import type { Streams } from "./output/streams.js";

/** A command that never ends would hold the search for ever. */
const MAX_RUN_MS = 10 * 60_000;
const SKIP = 125;
/** From 126 on the shell speaks: not executable, not found, ended by a signal. */
const LAST_BAD = 124;

/**
 * Asks a shell command about one record: it gets the JSON on stdin; what it prints goes to stderr, because stdout is for
 * our data.
 *
 * @throws UsageError BISECT_RUN_FAILED where it gave no verdict
 */
export async function runVerdict(command: string, record: Json, streams: Streams): Promise<Verdict> {
  const { code, signal } = await interruptible((stop) => ended(command, JSON.stringify(record), streams, stop));
  if (code === 0) return "good";
  if (code === SKIP) return "skip";
  if (code !== null && code <= LAST_BAD) return "bad";
  throw new UsageError("BISECT_RUN_FAILED", `the command gave no verdict: it ended with ${signal ?? `code ${code}`}`, {
    hint: "0 is good, 125 skip, 1 to 124 bad",
  });
}

function ended(command: string, stdin: string, streams: Streams, stop: AbortSignal) {
  const child = spawn(command, { shell: true, stdio: ["pipe", "pipe", "inherit"], timeout: MAX_RUN_MS });
  stop.addEventListener("abort", () => child.kill(), { once: true }); // else it would go on without anybody who asks
  const { stdin: input, stdout: output } = child;
  output.setEncoding("utf8").on("data", (text: string) => streams.note(text.trimEnd()));
  input.on("error", () => undefined); // it may end without reading what it was given
  input.end(stdin);
  return new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => (stop.aborted ? reject(stop.reason) : resolve({ code, signal })));
  });
}
