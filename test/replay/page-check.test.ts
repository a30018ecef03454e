import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ACTOR, allEvents, event } from "../../src/conformance/target.js";
import { IntegrityError } from "../../src/errors.js";
import { ChainCheck, chainBroken } from "../../src/log/chain-check.js";
import { SealedEvent, type SealedFields } from "../../src/log/event.js";
import type { EventLog } from "../../src/log/event-log.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { EMPTY_TAIL } from "../../src/log/seal.js";
import { openLog } from "../../src/open-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { runCli, spawnCli } from "../support/cli.js";
import { fc } from "../support/fast-check.js";
import { tempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { workerOutput } from "../support/worker.js";

const COUNT = 60;
const texts = ["plain", "é🚀", '"\\', ""];

/** Of several streams, with texts of one, two, three and four bytes a character; some were redacted. */
async function variedEvents(): Promise<readonly SealedEvent[]> {
  const log = new MemoryLog();
  for (let i = 0; i < COUNT - 1; i++) {
    const text = texts[i % texts.length];
    const more = { actor: `user:${text}x`, meta: { reason: `${text}\n\u0000\u2028`, nested: { i } } };
    await log.append({ stream: `session-${i % 7}${text}`, events: [event("test.happened", { text, i }, more)] }, ACTOR);
  }
  await log.redact({ offsets: [3, 17, 40] }, ACTOR);
  return allEvents(log);
}

/** A log of these events in pages of so many; nothing else of it is asked for. */
function inPages(events: readonly SealedEvent[], size: number, failure?: { at: number; error: Error }): EventLog {
  const last = events.at(-1) as SealedEvent;
  return {
    tail: async () => ({ offset: COUNT, hash: last.hash, recordedAt: last.recordedAt }),
    readAll: async function* () {
      for (let at = 0; at < events.length; at += size) {
        if (failure !== undefined && at >= failure.at) throw failure.error;
        yield events.slice(at, at + size);
      }
    },
  } as unknown as EventLog;
}

/** What one thread finds, event by event. */
function expected(events: readonly SealedEvent[]) {
  const check = new ChainCheck();
  for (const one of events) {
    const fault = check.next(one, () => 0);
    if (fault !== undefined) return { verified: check.tail.offset, message: chainBroken(one.offset, fault).message };
  }
  return { verified: check.tail.offset, message: undefined };
}

const changes = fc.constantFrom<(one: SealedEvent) => Partial<SealedFields>>(
  () => ({ dataText: '{"x":1}' }),
  () => ({ dataText: null, salt: null, dataHash: "é" }),
  () => ({ salt: "f".repeat(32), dataText: "{}" }),
  () => ({ hash: "f".repeat(64) }),
  () => ({ hash: "é" }),
  () => ({ actor: "user:mallory" }),
  () => ({ metaText: '{"reason":"\ud800"}' }),
  () => ({ stream: "session-other" }),
  ({ version }) => ({ version: version + 1 }),
  () => ({ recordedAt: "2001-01-01T00:00:00.000Z" }),
  ({ id }) => ({ id: id.replace(/.$/, "z") }),
);

describe("a log that is checked by two threads", () => {
  test("law: what is wrong is found as one thread finds it, event by event, wherever the pages end", async () => {
    const whole = await variedEvents();
    const damage = fc.array(fc.tuple(fc.nat(COUNT - 1), changes), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(damage, fc.integer({ min: 1, max: 9 }), async (damaged, size) => {
        const events = [...whole];
        for (const [at, change] of damaged) {
          const one = whole[at] as SealedEvent;
          events[at] = new SealedEvent({ ...one, ...change(one) });
        }
        const { verified, message } = expected(events);
        const report = await verifyLog(inPages(events, size));
        expect([report.verified, report.fault?.message]).toEqual([
          verified,
          message?.replace(/at offset \d+/, `at offset ${verified + 1}`),
        ]);
        const { hash, recordedAt } = verified === 0 ? EMPTY_TAIL : (whole[verified - 1] as SealedEvent);
        expect(report.tail).toEqual({ offset: verified, hash, recordedAt });
      }),
      { numRuns: 150 },
    );
  });

  test("what cannot be read comes behind what is wrong before it, and is told where nothing is", async () => {
    const whole = await variedEvents();
    const failure = { at: 40, error: new IntegrityError("EVENT_DAMAGED", "no", { offset: 41 }) };
    const right = await verifyLog(inPages(whole, 2, failure));
    expect([right.verified, right.fault?.code]).toEqual([40, "EVENT_DAMAGED"]);
    const wrong = whole.map((one) => (one.offset === 39 ? new SealedEvent({ ...one, dataText: "{}" }) : one));
    const report = await verifyLog(inPages(wrong, 2, failure));
    expect([report.verified, report.fault?.code, report.fault?.offset]).toEqual([38, "CHAIN_BROKEN", 39]);
    const lost = { at: 40, error: new Error("the connection is lost") };
    await expect(verifyLog(inPages(whole, 2, lost))).rejects.toBe(lost.error);
    await expect(verifyLog(inPages(wrong, 2, lost))).resolves.toMatchObject({ verified: 38 });
  });

  test("the second one is started for many events only, and the program ends by itself", async () => {
    const [few] = await workerOutput("verifier", [`jsonl:${tempDir()}/s.jsonl`, "2000"]);
    expect(few).toEqual({ ok: true, verified: 2000, threads: 0 });
    const [many] = await workerOutput("verifier", [`jsonl:${tempDir()}/s.jsonl`, "6000"]);
    expect(many).toEqual({ ok: true, verified: 6000, threads: availableParallelism() > 1 ? 1 : 0 });
  });

  test("of a long JSONL log it reads a part itself, and a log that is damaged is told as without it", async () => {
    const path = join(tempDir(), "s.jsonl");
    const [long] = await workerOutput("verifier", [`jsonl:${path}`, "24000"]);
    expect(long).toEqual({ ok: true, verified: 24_000, threads: availableParallelism() > 1 ? 1 : 0 });
    const lines = readFileSync(path, "utf8").split("\n");
    for (const [line, change] of [
      [23_000, (old: string) => old.replace('"i":', '"i":1')],
      [12_345, (old: string) => old.replace('"version":', '"version":1')],
      [2, (old: string) => old.slice(1)],
    ] as const) {
      writeFileSync(path, lines.with(line - 1, change(lines[line - 1] as string)).join("\n"));
      const { stdout, code } = await runCli(["verify", "--json"], { env: { SESSIONDB_STORE: `jsonl:${path}` } });
      const log = await openLog(`jsonl:${path}`, { readOnly: true });
      const report = await verifyLog(log); // in this process there is no program for a thread to be started with
      await log.close();
      expect([code, JSON.parse(stdout)]).toMatchObject([
        6,
        { verified: report.verified, fault: { message: report.fault?.message } },
      ]);
    }
  });

  test("that is stopped while an answer of it is on the way ends all the same: its caller goes on", async () => {
    expect(await workerOutput("stopped-verifier", [])).toEqual(["stopped"]);
  });

  test("Ctrl-C ends a verification in threads at once", async () => {
    const path = join(tempDir(), "s.jsonl");
    await workerOutput("verifier", [`jsonl:${path}`, "100000"]);
    const told = "data:text/javascript,process.on('worker',()=>process.stderr.write('thread'))";
    const env = { SESSIONDB_STORE: `jsonl:${path}`, NODE_OPTIONS: `--import "${told}"` };
    const verifying = spawnCli(["verify"], { env });
    await until("a thread", () => verifying.stderr.includes("thread") || availableParallelism() < 2);
    verifying.signal("SIGINT");
    expect(await verifying.exit).toMatchObject({ code: null, signal: "SIGINT" });
  });
});
