import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type CliResult, runCli as runAlone } from "./support/cli.js";
import { CommandHost } from "./support/command-host.js";
import { tempDir } from "./support/temp.js";
import { runCli } from "./support/warm-cli.js";

const STORE = ["--store", "jsonl:./s.jsonl"];

/** Times, ids and folders are other ones in each run. */
function steady({ code, stdout, stderr }: CliResult): CliResult {
  const plain = (text: string) =>
    text.replace(/20\d\d-[^"\s]+Z|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{64}|\d+ ms|sessiondb-test-\w+/g, "…");
  return { code, stdout: plain(stdout), stderr: plain(stderr) };
}

/** The same lines, in the same order, in a folder of their own. */
async function told(run: typeof runCli): Promise<CliResult[]> {
  const cwd = tempDir();
  const env = { SESSIONDB_ACTOR: "user:ada", HOME: cwd };
  const answers: CliResult[] = [];
  for (const args of [
    ["session", "start", "a", ...STORE, "--json"],
    ["session", "list", ...STORE],
    ["session", "show", "nobody", ...STORE, "--json"],
    ["session", "list", "--limt", "3"],
    ["session"],
    ["events", "--help"],
    ["completion", "bash"],
    ["config", "list"],
    ["mcp", ...STORE], // reads stdin to its end
    ["verify", ...STORE],
  ]) {
    answers.push(steady(await run(args, { cwd, env })));
  }
  return answers;
}

test("lines in one process answer as lines in processes of their own do", async () => {
  const alone = await told(runAlone);
  expect(alone.map(({ code }) => code)).toEqual([0, 0, 3, 2, 2, 0, 0, 0, 0, 0]);
  expect(await told(runCli)).toEqual(alone);
});

test("a variable, a folder and an input of one line are none of the next", async () => {
  const cwd = tempDir();
  const env = { SESSIONDB_STORE: "jsonl:./own.jsonl", HOME: cwd, XDG_CONFIG_HOME: cwd };
  expect((await runCli(["session", "start", "a"], { cwd, env })).code).toBe(0);
  const set = ["config", "set", "sessiondb.actor", "-", "--user"];
  const given = await runCli(set, { cwd, env, stdin: "user:ada" });
  const nothing = await runCli(set, { cwd, env });
  expect([given.code, nothing.code === 0]).toEqual([0, false]);
  expect((await runCli(["session", "list", "--store", "jsonl:./own.jsonl"], { cwd: tempDir() })).code).toBe(3);
});

test("a line that is asked for before another has ended runs beside it", async () => {
  const cwd = tempDir();
  await runCli(["session", "start", "a", ...STORE], { cwd });
  const [first, second] = await Promise.all([
    runCli(["session", "show", "a", ...STORE, "--json"], { cwd }),
    runCli(["session", "show", "a", ...STORE, "--json"], { cwd }),
  ]);
  expect(steady(second)).toEqual(steady(first));
  expect(first.code).toBe(0);
});

describe("the process that runs lines", () => {
  /** Made-up programs, in the place of the built ones. */
  async function run(host: CommandHost, source: string): Promise<CliResult> {
    const cwd = tempDir();
    const program = join(cwd, "program.mjs");
    writeFileSync(program, source);
    return host.run({ program, args: ["x"], cwd, env: { ...process.env, OWN: "1" }, stdin: "" });
  }

  async function withHost(act: (host: CommandHost) => Promise<void>): Promise<void> {
    const host = new CommandHost();
    await act(host).finally(() => host.close());
  }

  test("ends a line when nothing is left to be done, not when the program returns", () =>
    withHost(async (host) => {
      const late = `setTimeout(() => { console.log(process.argv[2], process.env.OWN); process.exitCode = 8; }, 50);`;
      expect(await run(host, late)).toEqual({ code: 8, stdout: "x 1\n", stderr: "" });
      expect(await run(host, "")).toEqual({ code: 0, stdout: "", stderr: "" });
    }));

  test("gives all that was printed, however long, and no half characters", () =>
    withHost(async (host) => {
      const long = `process.stdout.write("é".repeat(300_000)); process.stderr.write("e");`;
      expect(await run(host, long)).toEqual({ code: 0, stdout: "é".repeat(300_000), stderr: "e" });
    }));

  test("ends with a line that exits or throws, with its code and what it said", () =>
    withHost(async (host) => {
      expect(await run(host, `process.stdout.write("bye"); process.exit(7);`)).toMatchObject({
        code: 7,
        stdout: "bye",
      });
      expect(host.hasEnded).toBe(true);
    }).then(() =>
      withHost(async (host) => {
        const thrown = await run(host, `setTimeout(() => { throw new Error("boom"); });`);
        expect([thrown.code, thrown.stderr.includes("Error: boom")]).toEqual([1, true]);
      }),
    ));

  test("is busy while a line does not end, and goes when it is closed", () =>
    withHost(async (host) => {
      const endless = run(host, `setInterval(() => {}, 1000);`);
      await new Promise((resolve) => setImmediate(resolve));
      expect(host.isBusy).toBe(true);
      await host.close();
      expect(await endless).toMatchObject({ code: null });
    }));
});
