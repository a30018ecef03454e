import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { quoteForBash } from "../../src/cli/completion/quote-word.js";
import { COMPLETION_SCRIPTS } from "../../src/cli/completion/scripts.js";
import { splitLine } from "../../src/cli/completion/split-line.js";
import { printable } from "../../src/cli/output/escape.js";
import { openLog } from "../../src/open-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import { runCli } from "../support/cli.js";
import { fc } from "../support/fast-check.js";
import { tempDir } from "../support/temp.js";
import { TypedBash } from "../support/typed-bash.js";

const BREAKS = " \t\n\"'><=;|&(:";
const HOSTILE = 'it\'s a "b" $x `c` !d \\e *';

/** It would be shown backwards. */
const EVIL = "ev\u202eil";

let cwd = "";

beforeAll(async () => {
  cwd = tempDir();
  const log = await openLog(`jsonl:${join(cwd, "s.jsonl")}`);
  const store = new SessionStore(log, { actor: "user:ada" });
  for (const session of ["auth", "task#064", "a:b:c", "a:b:d", HOSTILE, "-rf", "docs"]) await store.create({ session });
  await store.delete("docs");
  // As other programs may write it: no command of ours takes such an id.
  const data = { record: { session: EVIL } };
  await log.append({ stream: `session-${EVIL}`, events: [{ type: "session.created", data }] }, { actor: "eve" });
  await log.close();
});

/** What bash would be offered for a line that ends at the cursor. */
async function offered(line: string, env: Record<string, string> = {}): Promise<string[]> {
  const all = { SESSIONDB_STORE: `jsonl:${join(cwd, "s.jsonl")}`, SESSIONDB_COMPLETE_LINE: line, ...env };
  const { code, stdout, stderr } = await runCli(["__complete", "bash"], { cwd, env: all });
  expect([code, stderr]).toEqual([0, ""]);
  return stdout.split("\n").slice(0, -1);
}

describe("in a real bash, at a terminal", () => {
  test("Tab completes commands, options, choices and live ids, and the shell reads back exactly the id", async () => {
    const bash = await TypedBash.start(cwd, { SESSIONDB_STORE: "jsonl:./s.jsonl" });
    for (const [keys, shown, given] of [
      ["sessiondb sess\tsho\tau\t", "auth ", "<session><show><auth>"],
      ["sessiondb session show ta\t", "task#064 ", "<session><show><task#064>"],
      ["sessiondb session show it\t", "\\* ", `<session><show><${HOSTILE}>`],
      ['sessiondb session show "it\t', '*"', `<session><show><${HOSTILE}>`],
      ["sessiondb session show 'it\t", "*'", `<session><show><${HOSTILE}>`],
      ["sessiondb session show a:\td\t", "a:b:d ", "<session><show><a:b:d>"],
      ["sessiondb session list --sor\tcr\t", "created ", "<session><list><--sort><created>"],
      ["sessiondb session list --sort=cr\t", "created ", "<session><list><--sort=created>"],
    ] as const) {
      await bash.type(keys, shown);
      expect(await bash.enter(), keys).toBe(given);
    }
  });

  test("two Tabs list what there is, without what a terminal would obey; behind -o and > files are completed", async () => {
    const bash = await TypedBash.start(cwd, { SESSIONDB_STORE: "jsonl:./s.jsonl" });
    const screen = await bash.type("sessiondb session show \t\t", "task#064");
    expect(screen).not.toContain("\u202e");
    expect(screen).not.toContain("-rf");
    await bash.type("\u0015sessiondb events export -o s.jsonl.ma\t", "manifest.json ");
    expect(await bash.enter()).toBe("<events><export><-o><s.jsonl.manifest.json>");
  });
});

test.each(["zsh", "fish"])("the script of %s is one that this shell takes, where it is installed", (shell) => {
  const path = join(tempDir(), "script");
  writeFileSync(path, COMPLETION_SCRIPTS[shell as "zsh" | "fish"]);
  const { error, status, stderr } = spawnSync(shell, ["-n", path], { encoding: "utf8" });
  if (error !== undefined) return; // it is not installed here
  expect([status, stderr]).toEqual([0, ""]);
});

test("zsh and fish get the word and what it is, and quote it themselves", async () => {
  const env = { SESSIONDB_STORE: "jsonl:./s.jsonl" };
  const { stdout } = await runCli(["__complete", "zsh", "session", "show", "it"], { cwd, env });
  expect(stdout).toBe(`words\n${HOSTILE}\t\n`);
  const commands = await runCli(["__complete", "fish", "session", "wh"], { cwd, env });
  expect(commands.stdout).toBe("words\nwhat-if\twhat the record would be; writes nothing\n");
});

test.each([
  ["sessiondb doc", ["doctor "]],
  ["minsky doc", ["doctor "]],
  ["FOO=1 sessiondb doc", ["doctor "]],
  ["ls; sessiondb doc", ["doctor "]],
  ["sessiondb session start a", []],
  ["sessiondb session show auth ", []],
  ["sessiondb audit --session au", ["auth "]],
  ["sessiondb projection rebuild sess", ["sessions "]],
  ["sessiondb projection rebuild sessions sto", ["store-settings "]],
  ["sessiondb config get bas", ["baseDir "]],
  ["sessiondb completion f", ["fish "]],
  ["sessiondb help sessi", ["session "]],
  ["sessiondb help session blam", ["blame "]],
  ["sessiondb schema session.del", ["session.deleted "]],
  ["sessiondb session show --as-of HE", ["HEAD "]],
  ["sessiondb verify --store jsonl:./s.jsonl.mani", ["./s.jsonl.manifest.json "]],
  ["sessiondb session --store jsonl:./nothing.jsonl show a", []],
  ["sessiondb session show -- -", ["-rf "]],
  ["sessiondb nonsense --what ", []],
])("%s", async (line, expected) => {
  expect(await offered(line)).toEqual(["words", ...expected]);
});

test.each([
  ["a store that is damaged", { SESSIONDB_STORE: "jsonl:./broken.jsonl" }],
  ["a server that is away", { SESSIONDB_STORE: "postgres://ada:hunter2@127.0.0.1:1/none" }],
  ["an address that is none", { SESSIONDB_STORE: "nonsense" }],
])("%s gives nothing to choose from, and says nothing", async (_name, env) => {
  writeFileSync(join(cwd, "broken.jsonl"), "not a log\n");
  expect((await offered("sessiondb session show a", env)).slice(1)).toEqual([]);
});

test("a broken configuration gives nothing to choose from, and says nothing; one that is whole does", async () => {
  const etc = tempDir();
  mkdirSync(join(etc, "minsky"));
  const configured = async (more: string) => {
    writeFileSync(join(etc, "minsky/config.yaml"), `sessiondb: { store: "jsonl:${join(cwd, "s.jsonl")}"${more} }\n`);
    return (await offered("sessiondb session show au", { XDG_CONFIG_HOME: etc, SESSIONDB_STORE: "" })).slice(1);
  };
  expect(await configured(", stoer: 1")).toEqual([]);
  expect(await configured("")).toEqual(["auth "]);
});

test("completing makes and changes nothing, also where there is no store yet", async () => {
  const empty = tempDir();
  const state = { XDG_STATE_HOME: join(empty, "state"), SESSIONDB_STORE: "" };
  const { code, stdout } = await runCli(["__complete", "fish", "session", "show", ""], { cwd: empty, env: state });
  expect([code, stdout]).toEqual([0, ""]);
  expect(readdirSync(empty)).toEqual([]);
  const before = readdirSync(cwd).sort();
  const text = readFileSync(join(cwd, "s.jsonl"));
  await offered("sessiondb session show a");
  expect([readdirSync(cwd).sort(), readFileSync(join(cwd, "s.jsonl"))]).toEqual([before, text]);
});

test("whatever is typed, it ends well and prints words of one line each", async () => {
  for (const line of [
    "",
    "   ",
    "sessiondb \u0000",
    "sessiondb 'unclosed",
    'sessiondb "$(rm -rf /',
    "sessiondb \\",
    "x".repeat(50_000),
    "sessiondb --store",
    "sessiondb --store ",
    "sessiondb session show $'\\x1b",
  ]) {
    const words = await offered(line.replaceAll("\u0000", ""));
    expect(
      words.every((word) => printable(word) === word),
      line.slice(0, 40),
    ).toBe(true);
  }
});

test("bash reads a quoted word back as it was, however its quotes began, and splitLine as bash does", () => {
  const word = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 12 });
  const quotes = fc.constantFrom("" as const, "'" as const, '"' as const);
  const cases = fc.sample(fc.tuple(word, quotes), 300);
  const written = cases.map(([text, quote]) => `${quote}${quoteForBash(text, quote, true)}${quote}`);
  const script = written.map((one) => `printf '%s\\0' ${one}`).join("\n");
  const { stdout } = spawnSync("bash", ["--norc", "+H", "-c", script], { encoding: "utf8" });
  expect(stdout.split("\0").slice(0, -1)).toEqual(cases.map(([text]) => text));
  for (const [i, one] of written.entries()) {
    expect(splitLine(`sessiondb ${one} `, BREAKS).words, one).toEqual(["sessiondb", cases[i]?.[0]]);
  }
});
