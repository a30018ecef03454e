/** Reads one log and prints how long it took. Arguments: ours|split|bare path */
import { readFileSync } from "node:fs";

const [mode = "", path = ""] = process.argv.slice(2);
const began = performance.now();
let events = 0;
if (mode === "ours") {
  const { JsonlLog } = await import("../../src/log/jsonl/jsonl-log.js");
  const log = await JsonlLog.open(path, { mustExist: true });
  for await (const page of log.readAll()) events += page.length;
  await log.close();
} else if (mode === "split") {
  const lines = readFileSync(path, "utf8").split("\n");
  for (const line of lines) if (line.length > 0) events++;
}
const ms = performance.now() - began;
// ru_maxrss is in KiB.
process.stdout.write(JSON.stringify({ ms, events, maxRssBytes: process.resourceUsage().maxRSS * 1024 }));
