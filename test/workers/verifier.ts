/** Fills a log with so many events and verifies it; says how many threads were started for that: <log> <events>. */
import { openLog } from "../../src/open-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";

const [url = "", count = ""] = process.argv.slice(2);
let threads = 0;
process.on("worker", () => threads++);
const log = await openLog(url);
const events = Array.from({ length: Number(count) }, (_, i) => ({ type: "test.happened", data: { i } }));
await log.append({ stream: "session-a", events }, { actor: "user:test" });
const { ok, verified } = await verifyLog(log);
console.log(JSON.stringify({ ok, verified, threads }));
await log.close();
