import { beforeEach, expect, test } from "vitest";
import { CANARY, canaryIn } from "../erasure/canary.js";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";

let cwd = "";

/** 1 ada creates with the canary in the title, 2 bob moves the branch. */
beforeEach(async () => {
  cwd = tempDir();
  await ok("session", "start", "a", "--branch", "main", "--description", CANARY);
  await ok("session", "update", "a", "--set", `title=${CANARY}`);
});

function run(...args: string[]) {
  return runCli([...args, "--actor", "ada", "--store", "sqlite:./s.db"], { cwd });
}

async function ok(...args: string[]) {
  const result = await run(...args);
  expect(result.code, result.stderr).toBe(0);
  return result;
}

const held = () => canaryIn(`sqlite:${cwd}/s.db`);

test("a dry run says what would go and where it stays, without what it is, and erases nothing", async () => {
  const { stdout } = await ok("redact", "--path", "title", "--reason", "a token", "--dry-run");
  expect(stdout).toMatch(/^would erase the data of 1 event of sqlite:.*\(path \/title, .*\)/);
  expect(stdout).toMatch(/a: its present record loses \/title/);
  expect(stdout).toMatch(/still there: backups, exports/);
  expect(stdout).not.toContain(CANARY);
  expect(await held()).not.toEqual([]);
});

test("without the store's name it is refused, exit code 7, and nothing is done", async () => {
  for (const yes of [[], ["--yes=t.db"], ["--yes="]]) {
    const { code, stderr } = await run("erase", "a", "--reason", "asked for", ...yes);
    expect([code, stderr]).toEqual([7, expect.stringMatching(/CONFIRMATION_NEEDED[\s\S]*--yes=s\.db/)]);
  }
  expect((await run("erase", "a", "--yes=s.db")).code).toBe(2);
  expect((await run("redact", "--reason", "x", "--yes=s.db")).code).toBe(2);
  expect((await run("redact", "--event", "1", "--path", "title", "--reason", "x", "--yes=s.db")).code).toBe(2);
  expect((await run("redact", "--event", "99", "--reason", "x", "--yes=s.db")).code).toBe(3);
  expect(await held()).not.toEqual([]);
});

test("redact takes a value out of the log and leaves the rest; audit and verify go on", async () => {
  const redacted = await ok("redact", "--path", "title", "--reason", "a token", "--yes=s.db", "--json");
  expect(JSON.parse(redacted.stdout)).toMatchObject({
    schema: "erasure/1",
    dryRun: false,
    offset: 3,
    events: 1,
    sessions: [{ session: "a", lost: ["/title"], restated: false }],
    items: [{ type: "store.redacted", offset: 3 }],
  });
  const shown = JSON.parse((await ok("session", "show", "a", "--json")).stdout);
  expect(shown.record).toMatchObject({ branch: "main" });
  expect(shown.record.title).toBeUndefined();
  await ok("redact", "--path", "description", "--reason", "too", "--yes=s.db");
  expect(await held()).toEqual([]);
  await ok("verify");
  const { stdout } = await ok("audit", "--json");
  expect(stdout).not.toContain(CANARY);
  const { stdout: log } = await ok("session", "log", "a", "--patch");
  expect(log).toContain("session.updated");
  const { stdout: events } = await ok("events", "list", "--type", "store.redacted", "--json");
  expect(JSON.parse(events).items[0]).toMatchObject({ actor: "ada", reason: "a token", data: { ranges: [[2, 2]] } });
});

test("erase deletes the session with all that it said", async () => {
  const { stdout } = await ok("erase", "a", "--reason", "asked for", "--yes=s.db");
  expect(stdout).toMatch(/^erased the data of 2 events/);
  expect(stdout).toContain("the session is deleted with it; its id stays");
  expect((await run("session", "show", "a")).code).toBe(4);
  expect(await held()).toEqual([]);
  expect((await run("erase", "a", "--reason", "again", "--yes=s.db")).code).toBe(3);
});
