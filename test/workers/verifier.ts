/** Fills a log with so many events and verifies it; says how many threads were started for that: <log> <events>. */
import { openLog } from "../../src/open-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";

/** An append takes no more. */
const MAX_APPEND_EVENTS = 10_000;

const [url = "", count = ""] = process.argv.slice(2);
let threads = 0;
process.on("worker", () => threads++);
const log = await openLog(url);
const events = Array.from({ length: Number(count) }, (_, i) => ({ type: "test.happened", data: { i } }));
for (let at = 0; at < events.length; at += MAX_APPEND_EVENTS) {
  const part = events.slice(at, at + MAX_APPEND_EVENTS);
  await log.append({ stream: `session-${at / MAX_APPEND_EVENTS}`, events: part }, { actor: "user:test" });
}
const { ok, verified } = await verifyLog(log);
console.log(JSON.stringify({ ok, verified, threads }));
await log.close();
