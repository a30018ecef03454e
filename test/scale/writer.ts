import { randomUUID } from "node:crypto";
import { openLog } from "../../src/open-log.js";
import { BENCH_ACTOR, sampleEvents } from "../bench/events.js";

/**
 * Appends to a few logs for a while, several appends at once to each, and prints how many it made. A process of its own, so
 * that the client's work is shared among the cores as it is in life.
 *
 * Arguments: milliseconds, appends at once to each log, events of an append, addresses. It begins when stdin ends.
 */
const [limitMs = "", inFlight = "", events = "", ...urls] = process.argv.slice(2);
const logs = await Promise.all(urls.map((url) => openLog(url, { notify: process.env.SCALE_NOTIFY !== "off" })));
process.stdout.write("ready\n");
for await (const _ of process.stdin); // until it ends
const end = performance.now() + Number(limitMs);
let appends = 0;

async function write(log: (typeof logs)[number]): Promise<void> {
  const stream = `session-${randomUUID()}`;
  for (let i = 0; performance.now() < end; i++) {
    await log.append({ stream, events: sampleEvents(Number(events), i) }, BENCH_ACTOR);
    appends++;
  }
}

const began = performance.now();
await Promise.all(logs.flatMap((log) => Array.from({ length: Number(inFlight) }, () => write(log))));
process.stdout.write(`${JSON.stringify({ appends, ms: performance.now() - began })}\n`);
await Promise.all(logs.map((log) => log.close()));
