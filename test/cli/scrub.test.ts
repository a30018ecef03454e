import { expect, test } from "vitest";
import { canaryIn } from "../erasure/canary.js";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";

const TOKEN = "ghp_0123456789abcdefghijABCDEFGHIJ012345";

function run(cwd: string, env: Record<string, string>, ...args: string[]) {
  return runCli([...args, "--store", "jsonl:./s.jsonl"], { cwd, env: { XDG_CONFIG_HOME: `${cwd}/etc`, ...env } });
}

test("a token on the command line is taken out before it is stored, and that is told, with --json too", async () => {
  const cwd = tempDir();
  const { code, stderr } = await run(cwd, {}, "session", "start", "a", "--description", `use ${TOKEN}`, "--json");
  expect([code, stderr]).toEqual([0, expect.stringContaining("/data/record/description")]);
  const { stdout } = await run(cwd, {}, "session", "show", "a", "--json");
  expect(JSON.parse(stdout).record.description).toMatch(/^use \$secret:sha256:[0-9a-f]{8}$/);
  expect(await canaryIn(`jsonl:${cwd}/s.jsonl`, TOKEN)).toEqual([]);
});

test("SESSIONDB_SCRUB and the user's file decide; a wrong pattern is an error and nothing is stored", async () => {
  const cwd = tempDir();
  const warned = await run(cwd, { SESSIONDB_SCRUB: "warn" }, "session", "start", "a", "--description", TOKEN);
  expect([warned.code, warned.stderr]).toEqual([0, expect.stringContaining("sessiondb redact")]);
  expect(await canaryIn(`jsonl:${cwd}/s.jsonl`, TOKEN)).toEqual(["s.jsonl"]);
  await run(cwd, {}, "config", "set", "sessiondb.scrub.pattern", "corp-(");
  expect((await run(cwd, {}, "session", "start", "b")).stderr).toContain("SCRUB_INVALID");
  await run(cwd, {}, "config", "set", "sessiondb.scrub.pattern", "corp-[0-9]+");
  await run(cwd, {}, "session", "start", "c", "--description", "corp-77");
  expect(await canaryIn(`jsonl:${cwd}/s.jsonl`, "corp-77")).toEqual([]);
  expect((await run(cwd, { SESSIONDB_SCRUB: "maybe" }, "session", "start", "d")).code).toBe(2);
});
