import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { allEvents, event } from "../../src/conformance/target.js";
import { audit } from "../../src/inspect/audit.js";
import { checkProof } from "../../src/inspect/check-proof.js";
import { writeProof } from "../../src/inspect/write-proof.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { openLog } from "../../src/open-log.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";

test("every backend gives the same audit and the same proof, without the password of its address", async () => {
  const source = new MemoryLog();
  for (const [actor, stream] of [["ada", "session-a"] as const, ["agent:x", "session-b"] as const]) {
    const data = { patch: [{ op: "add", path: "/prState", value: { exists: true, "é.\n": [1e21] } }] };
    await source.append({ stream, events: [event("session.updated", data)] }, { actor });
  }
  const events = await allEvents(source);
  const folder = tempDir();
  const postgres = new URL(await freshPostgresUrl());
  postgres.password ||= "sesame";
  const urls = [`jsonl:${join(folder, "s.jsonl")}`, `sqlite:${join(folder, "s.db")}`, postgres.href];
  const answers = [];
  for (const [i, url] of urls.entries()) {
    const log = await openLog(url);
    onTestFinished(() => log.close());
    await log.appendSealed(events);
    const file = join(folder, `proof-${i}`);
    await writeProof(log, { paths: ["prState.exists"], actors: ["agent:*"] }, file);
    expect(await checkProof(file)).toMatchObject({ matched: 1, store: log.url });
    const [header = "", ...lines] = readFileSync(file, "utf8").split("\n");
    expect(header).not.toContain("sesame");
    const entries = [];
    for await (const entry of audit(log)) entries.push(entry);
    answers.push({ entries, lines: lines.slice(0, -2) }); // the end has a digest of the header too
  }
  expect(answers[1]).toEqual(answers[0]);
  expect(answers[2]).toEqual(answers[0]);
  expect(answers[0]?.entries.map(({ paths }) => paths)).toEqual([
    ["/prState/exists", "/prState/é.\n"],
    ["/prState/exists", "/prState/é.\n"],
  ]);
});
