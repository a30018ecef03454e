import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bundledProgram } from "../support/bundled-program.js";
import { cleanUp } from "../support/clean-up.js";
import { tempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { runCli } from "../support/warm-cli.js";

const STORE = ["--store", "jsonl:./s.jsonl"];

/** Types keys when the terminal shows `asked`. @returns what it shows from the question on, and at last the exit code */
async function typed(keys: string, asked: string, args: string, cwd: string): Promise<string> {
  const program = `'${process.execPath}' '${bundledProgram("cli", "dist/cli/sessiondb.js")}'`;
  // The terminal is wide: a message that is folded could not be looked for.
  const line = `stty cols 500; ${program} ${args}; echo "code $?"; stty -a`;
  const child = spawn("script", ["-qfec", line, "/dev/null"], { cwd, stdio: ["pipe", "pipe", "ignore"] });
  cleanUp(() => {
    child.kill("SIGKILL");
  });
  let screen = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    screen += text;
  });
  await until(`${asked} on the screen`, () => screen.includes(asked));
  child.stdin.write(keys);
  await once(child, "close");
  return screen.slice(screen.indexOf(asked));
}

test.each([
  ["Ctrl-C", "\x03", "code 130"],
  ["Ctrl-D", "\x04", "code 7"],
  ["no", "n\n", "code 7"],
])("%s where a rollback asks cuts nothing, and gives the terminal back", async (_, keys, code) => {
  const cwd = tempDir();
  await runCli(["session", "start", "a", ...STORE], { cwd });
  await runCli(["migrate", "--from", "jsonl:./s.jsonl", "--to", "jsonl:./t.jsonl"], { cwd });
  const screen = await typed(keys, "[y/N]", "rollback last --to jsonl:./t.jsonl", cwd);
  expect(screen).toContain(code);
  expect(screen).toMatch(/ icanon .* echo /s);
  expect(screen).not.toContain("UNEXPECTED");
  expect(screen.includes("CONFIRMATION_NEEDED")).toBe(code === "code 7");
  expect(readFileSync(join(cwd, "t.jsonl"))).toEqual(readFileSync(join(cwd, "s.jsonl")));
});

test.each([
  ["Ctrl-C", "\x03", "code 130"],
  ["Ctrl-D", "\x04", "code 7"],
  ["another name", "t.jsonl\n", "code 7"],
])("%s where an erasure asks erases nothing", async (_, keys, code) => {
  const cwd = tempDir();
  await runCli(["session", "start", "a", ...STORE], { cwd });
  const before = readFileSync(join(cwd, "s.jsonl"));
  const screen = await typed(keys, "to do it: ", `erase a --reason asked ${STORE.join(" ")}`, cwd);
  expect(screen).toContain(code);
  expect(screen).not.toContain("UNEXPECTED");
  expect(readFileSync(join(cwd, "s.jsonl"))).toEqual(before);
});
