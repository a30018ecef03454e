/**
 * Stops a check of a chain while an answer of its thread is on the way, and prints a line behind that. Nothing else keeps
 * the process alive then.
 */

import { hashBatchOf } from "../../src/log/hash-batch.js";
import { GENESIS_HASH } from "../../src/log/hash-chain.js";
import { HashThread } from "../../src/log/hash-thread.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";

const log = new MemoryLog();
const { events } = await log.append({ stream: "session-a", events: [{ type: "t", data: {} }] }, { actor: "user:test" });
const thread = HashThread.start();
if (thread !== undefined) {
  await thread.check(hashBatchOf(GENESIS_HASH, events));
  thread.check(hashBatchOf(GENESIS_HASH, events));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300); // the answer is there, and has not been heard
  await thread.close();
}
console.log(JSON.stringify("stopped"));
