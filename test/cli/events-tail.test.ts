import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { ACTOR, appendCount } from "../../src/conformance/target.js";
import type { EventLog } from "../../src/log/event-log.js";
import { openLog } from "../../src/open-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import { runCli, spawnCli } from "../support/cli.js";
import { startPostgres } from "../support/postgres.js";
import { SHARED_STORES } from "../support/stores.js";
import { tempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { spawnWorker, type Worker } from "../support/worker.js";

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
const jsonlUrl = () => `jsonl:${join(tempDir(), "s.jsonl")}`;

/** The address goes by the environment: no test depends on where it stands in the command line. */
function tail(url: string, ...args: string[]): Worker {
  return spawnCli(["events", "tail", ...args], { env: { SESSIONDB_STORE: url } });
}

async function openHere(url: string): Promise<EventLog> {
  const log = await openLog(url);
  onTestFinished(() => log.close());
  return log;
}

/** Collects offsets of NDJSON lines until `count` are there, and lets the process go on. */
async function take(lines: AsyncIterator<string>, count: number): Promise<number[]> {
  const seen: number[] = [];
  while (seen.length < count) {
    const { value, done } = await lines.next();
    if (done === true) break;
    seen.push(JSON.parse(value).offset);
  }
  return seen;
}

const linesOf = (worker: Worker) => worker.lines[Symbol.asyncIterator]();

describe("what is printed", () => {
  test("is what was there and what comes, with what each event did", async () => {
    const url = jsonlUrl();
    const log = await openHere(url);
    const store = new SessionStore(log, { actor: "user:ada" });
    await store.create({ session: "docs-site", branch: "one" });
    const worker = tail(url, "--from", "0", "--ndjson");
    const lines = linesOf(worker);
    expect(JSON.parse((await lines.next()).value)).toMatchObject({ offset: 1, patch: [{ op: "add", path: "" }] });
    await store.update("docs-site", { branch: "two" }, { reason: "typo" });
    expect(JSON.parse((await lines.next()).value)).toEqual({
      offset: 2,
      stream: "session-docs-site",
      session: "docs-site",
      version: 2,
      type: "session.updated",
      time: expect.stringMatching(/Z$/),
      actor: "user:ada",
      reason: "typo",
      patch: [{ op: "replace", path: "/branch", value: "two" }],
    });
    worker.signal("SIGINT");
    const { code, stderr } = await worker.exit;
    expect(code).toBe(130);
    expect(stderr).toMatch(/^SIGINT · at 2 · resume with --from 2$/m);
  });

  test("begins at the end of the log by default, and is selected", async () => {
    const url = jsonlUrl();
    const log = await openHere(url);
    await appendCount(log, "session-a", 3);
    const { code, stdout, stderr } = await runCli(["events", "tail", "--until-idle", "50ms", "--store", url]);
    expect([code, stdout]).toEqual([0, ""]);
    expect(stderr).toContain("resume with --from 3");
    await appendCount(log, "session-b", 2);
    const args = ["--from", "1", "--session", "b", "--type", "test.*", "--actor", "user:*", "--until-idle", "0s"];
    const some = await runCli(["events", "tail", ...args, "--store", url]);
    expect(some.stdout).toMatch(/^4 {2}\S+Z {2}session-b {2}test\.counted {2}user:test\n5 {2}.*\n$/);
    expect(some.stderr).toContain("resume with --from 5");
  });

  test.each(SHARED_STORES)(
    "%s: that a cut-over has moved the log is said, also while it is followed",
    async (_name, fresh) => {
      const url = await fresh();
      const log = await openHere(url);
      await appendCount(log, "session-a", 3);
      const worker = tail(url, "--from", "0", "--ndjson");
      const lines = linesOf(worker);
      expect(await take(lines, 3)).toEqual([1, 2, 3]);
      await log.freeze?.("sqlite:/tmp/next.db");
      await until("the tail has said so", () => worker.stderr.includes("moved to"));
      worker.signal("SIGINT");
      const { code, stderr } = await worker.exit;
      expect(code).toBe(130);
      expect(stderr.match(/moved to .*/g)).toEqual([
        "moved to sqlite:/tmp/next.db, and nothing more comes here · at 3 · resume with --from 3",
      ]);
      const later = await runCli(["events", "tail", "--until-idle", "0s", "--store", url]);
      expect(later).toMatchObject({ code: 0, stderr: expect.stringContaining("moved to sqlite:/tmp/next.db") });
    },
  );

  test("what was stored cannot drive the terminal", async () => {
    const url = jsonlUrl();
    const log = await openHere(url);
    const meta = { reason: "\u001b[2J\u202e" };
    await log.append({ stream: "session-a", events: [{ type: "t", data: meta.reason, meta }] }, ACTOR);
    for (const form of [[], ["--ndjson"]]) {
      const { stdout } = await runCli(["events", "tail", "--from", "0", "--until-idle", "0s", "--store", url, ...form]);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    }
  });
});

describe("it ends", () => {
  test("with 143 by SIGTERM", async () => {
    const url = jsonlUrl();
    await appendCount(await openHere(url), "session-a", 2);
    const worker = tail(url, "--from", "0", "--ndjson");
    await take(linesOf(worker), 2);
    worker.signal("SIGTERM");
    expect(await worker.exit).toMatchObject({ code: 143, stderr: expect.stringContaining("resume with --from 2") });
  });

  test("in order when its reader goes away, and says where to go on", async () => {
    const url = jsonlUrl();
    const log = await openHere(url);
    await appendCount(log, "session-a", 3);
    const worker = tail(url, "--from", "0", "--ndjson");
    for await (const line of worker.lines) if (JSON.parse(line).offset === 3) break;
    await appendCount(log, "session-a", 1);
    const { code, stderr } = await worker.exit;
    expect(code).toBe(0);
    expect(stderr).toMatch(/^nobody reads · at 3 · resume with --from 3$/m);
  });

  test("with 6 where the log is cut back, also when it has grown again", async () => {
    const url = jsonlUrl();
    const log = await openHere(url);
    await appendCount(log, "session-a", 5);
    const worker = tail(url, "--from", "0", "--ndjson");
    await take(linesOf(worker), 5);
    await log.truncateAfter(3, await log.tail());
    await appendCount(log, "session-b", 1);
    const { code, stderr } = await worker.exit;
    expect(code).toBe(6);
    expect(stderr).toMatch(/^{"error":{"code":"LOG_CUT_BACK"/m);
  });

  test.each([
    ["POINT_OUTSIDE", 3, ["--from", "9"]],
    ["POINT_INVALID", 2, ["--from", "soonish"]],
    ["ARGUMENT_INVALID", 2, ["--until-idle", "2"]],
    ["ARGUMENT_INVALID", 2, ["--until-idle", "900h"]],
    ["ARGUMENT_INVALID", 2, ["--json"]],
  ])("at once with %s: %i", async (code, exit, args) => {
    const url = jsonlUrl();
    await appendCount(await openHere(url), "session-a", 1);
    const done = await runCli(["events", "tail", "--store", url, ...args]);
    expect([done.code, done.stdout]).toEqual([exit, ""]);
    expect(done.stderr).toContain(code);
  });

  test("at once where there is no log", async () => {
    expect(await runCli(["events", "tail", "--store", jsonlUrl()])).toMatchObject({ code: 3 });
  });
});

test("before a reader that does not read it holds little, and can still be ended", async () => {
  const url = jsonlUrl();
  const log = await openHere(url);
  const events = Array.from({ length: 50 }, () => ({ type: "t", data: "x".repeat(64 * 1024) }));
  for (let i = 0; i < 60; i++) await log.append({ stream: "session-a", events }, ACTOR); // 190 MB
  const worker = tail(url, "--from", "0", "--ndjson");
  let [last, calm] = [0, 0];
  await until("its memory grows no more", () => {
    const rss = Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${worker.pid}/status`, "utf8"))?.[1]);
    calm = rss > 50_000 && rss === last ? calm + 1 : 0;
    last = rss;
    return calm > 20;
  });
  expect(last).toBeLessThan(200_000);
  worker.signal("SIGINT");
  expect(await worker.exit).toMatchObject({ code: 130, stderr: expect.stringMatching(/resume with --from \d+/) });
});

describe.each(SHARED_STORES)("%s, while three processes append", (_name, fresh) => {
  test("killed and resumed behind its last line, it repeats and misses nothing", async () => {
    const url = await fresh();
    await appendCount(await openHere(url), "session-a", 1);
    const writers = [1, 2, 3].map((writer) => spawnWorker("appender", [url, `${writer}`, "1", "60"]));
    const seen: number[] = [];
    for (const many of [30, 90]) {
      const worker = tail(url, "--from", `${seen.at(-1) ?? 0}`, "--ndjson");
      for await (const line of worker.lines) {
        if (seen.length === many) continue; // was still in the pipe: whoever is killed with it never had it
        seen.push(JSON.parse(line).offset);
        if (seen.length === many) worker.kill9();
      }
      expect(await worker.exit).toMatchObject({ signal: "SIGKILL" });
    }
    for (const writer of writers) expect(await writer.exit).toMatchObject({ code: 0 });
    const rest = tail(url, "--from", `${seen.at(-1)}`, "--ndjson", "--until-idle", "300ms");
    for await (const line of rest.lines) seen.push(JSON.parse(line).offset);
    expect(await rest.exit).toMatchObject({ code: 0, stderr: expect.stringContaining("resume with --from 181") });
    expect(seen).toEqual(upTo(181));
  });
});

describe("a Postgres that goes away", () => {
  test("is waited for, and nothing is missed or repeated", { timeout: 120_000 }, async () => {
    const server = await startPostgres({});
    onTestFinished(() => server.close());
    const url = `${server.url}?schema=tailed`;
    const append = async (count: number) => {
      const log = await openLog(url);
      await appendCount(log, "session-a", count);
      await log.close();
    };
    await append(2);
    const worker = tail(url, "--from", "0", "--ndjson");
    const lines = linesOf(worker);
    expect(await take(lines, 2)).toEqual([1, 2]);
    await server.stop("fast");
    await until("it tries again", () => worker.stderr.includes("trying again"));
    await server.restart();
    await append(2);
    expect(await take(lines, 2)).toEqual([3, 4]);
    worker.signal("SIGINT");
    const { code, stderr } = await worker.exit;
    expect(code).toBe(130);
    expect(stderr).toMatch(/^(CONNECT_REFUSED|SERVER_UNREACHABLE): .* trying again$/m);
    expect(stderr).toMatch(/^reached again · at [234] · resume with --from [234]$/m);
  });

  test("for longer than --retry is an error that says where to go on", { timeout: 120_000 }, async () => {
    const server = await startPostgres({});
    onTestFinished(() => server.close());
    const url = `${server.url}?schema=tailed`;
    const log = await openLog(url);
    await appendCount(log, "session-a", 2);
    await log.close();
    const worker = tail(url, "--from", "0", "--ndjson", "--retry", "0s", "--until-idle", "10s");
    await take(linesOf(worker), 2);
    await server.stop("fast");
    const { code, stderr } = await worker.exit;
    expect(code).toBe(5);
    expect(stderr).toMatch(/^stopped · at 2 · resume with --from 2$/m);
    expect(stderr).toMatch(/^{"error":{"code":"(CONNECT_REFUSED|SERVER_UNREACHABLE)"/m);
  });
});
