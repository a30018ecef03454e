/** Reads one log and prints how long it took. Arguments: ours|split|verify|verify-signed|bare path */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import type { EventLog } from "../../src/log/event-log.js";

const [mode = "", path = ""] = process.argv.slice(2);
const began = performance.now();
let events = 0;
if (mode === "ours") {
  const log = await opened();
  for await (const page of log.readAll()) events += page.length;
  await log.close();
} else if (mode === "verify") {
  const { verifyLog } = await import("../../src/replay/verify-log.js");
  const log = await opened();
  const report = await verifyLog(log);
  await log.close();
  if (report.fault !== undefined) throw report.fault;
  events = report.verified;
} else if (mode === "verify-signed") {
  events = await verified();
} else if (mode === "split") {
  const lines = readFileSync(path, "utf8").split("\n");
  for (const line of lines) if (line.length > 0) events++;
}
const ms = performance.now() - began;
// ru_maxrss is in KiB.
process.stdout.write(JSON.stringify({ ms, events, maxRssBytes: process.resourceUsage().maxRSS * 1024 }));

/** Only what is needed is loaded. */
async function opened(): Promise<EventLog> {
  if (path.endsWith(".db")) {
    const { SqliteLog } = await import("../../src/log/sql/sqlite/sqlite-log.js");
    return SqliteLog.open(path, { mustExist: true, readOnly: true });
  }
  const { JsonlLog } = await import("../../src/log/jsonl/jsonl-log.js");
  return JsonlLog.open(path, { mustExist: true });
}

async function verified(): Promise<number> {
  const { generateKeyPairSync } = await import("node:crypto");
  const { encodeSignature, signPlace } = await import("../../src/inspect/tail-signature.js");
  const { verifySigned } = await import("../../src/inspect/verify-signed.js");
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const fingerprint = "0".repeat(64);
  const log = await opened();
  const said = { store: log.url, now: new Date(), previous: fingerprint };
  const signed = signPlace(await log.tail(), { key: privateKey, fingerprint, exposed: false }, said);
  const file = `${path}.${process.pid}.signed`;
  writeFileSync(file, `${encodeSignature(signed)}\n`);
  const report = await verifySigned(log, file, [{ key: publicKey, fingerprint, exposed: false }]);
  rmSync(file);
  await log.close();
  if (!report.ok) throw report.fault;
  return report.verified;
}
