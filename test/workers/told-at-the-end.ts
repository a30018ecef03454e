import { setTimeout as pause } from "node:timers/promises";
import { interruptible } from "../../src/cli/interruptible.js";

/**
 * For the test of Ctrl-C: an act that comes to its end in spite of it (`whole`), that fails by itself (`failed`), or that
 * gives up (`given-up`). Prints what came of it; what holds it up meanwhile is the signal alone.
 */
const [how = ""] = process.argv.slice(2);

async function act(signal: AbortSignal): Promise<string> {
  process.kill(process.pid, "SIGTERM");
  while (!signal.aborted) await pause(1);
  if (how === "given-up") signal.throwIfAborted();
  if (how === "failed") throw new Error("the disk is full");
  return "whole";
}

const outcome = await interruptible(act).catch((error: Error) => error.message);
process.stdout.write(`${JSON.stringify(outcome)}\n`);
