import { readFileSync, realpathSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";

const PAGE = fileURLToPath(new URL("../../docs/migration.md", import.meta.url));
/** There are many lines; two busy cores take a while. */
const LIMIT_MS = 180_000;

/** What differs from run to run, and from machine to machine. */
function normalised(text: string, home: string): string[] {
  return text
    .replaceAll(home, "/home/ada")
    .replaceAll(hostname(), "laptop")
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "ID")
    .replace(/\b[0-9a-f]{8}-…/g, "ID")
    .replace(/\b[0-9a-f]{12,64}\b…?/g, "HASH")
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replace(/\b\d+(\.\d+)? (ms|s|GiB|MiB|KiB|bytes)\b/g, "AMOUNT")
    .replace(/ +/g, " ")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

test("what docs/migration.md shows is what its commands print, in that order", { timeout: LIMIT_MS }, async () => {
  const home = realpathSync(tempDir());
  const env = {
    ...{ HOME: home, XDG_CONFIG_HOME: undefined, XDG_STATE_HOME: undefined, SESSIONDB_ACTOR: "ada@laptop" },
    ...{ SESSIONDB_STORE: undefined, DATABASE_URL: undefined, MINSKY_POSTGRES_URL: undefined },
  };
  const blocks = [...readFileSync(PAGE, "utf8").matchAll(/^```console\n([\s\S]*?)^```\n(?:```\n([\s\S]*?)^```)?/gm)];
  let shown = 0;
  for (const [, lines = "", output] of blocks) {
    let printed = "";
    for (const [, command, rest = ""] of lines.matchAll(/^\$ (sessiondb|minsky) (.+)$/gm)) {
      const args = rest.split(" ").map((word) => word.replaceAll('"', ""));
      const { stdout, stderr } = await runCli(args, { cwd: home, env, command: command as "sessiondb" | "minsky" });
      printed += stdout + stderr;
    }
    if (output === undefined) continue;
    shown++;
    const said = normalised(printed, home);
    const found = normalised(output, home).filter((line) => !takeUpTo(said, line));
    expect(found, `not printed, or not in this order, after:\n${lines}\nwhich printed:\n${printed}`).toEqual([]);
  }
  expect(shown).toBeGreaterThanOrEqual(4);
});

/** Drops what stands before the line, and the line. */
function takeUpTo(said: string[], line: string): boolean {
  const at = said.indexOf(line);
  if (at !== -1) said.splice(0, at + 1);
  return at !== -1;
}

test("a page has the place of every step at which a migration fails", () => {
  const page = readFileSync(join(PAGE), "utf8");
  for (const code of ["CHAIN_BROKEN", "AUTH_FAILED", "SCHEMA_NEWER", "MIGRATION_RUNNING", "TARGET_CHANGED"]) {
    expect(page).toContain(code);
  }
  for (const code of ["MIGRATION_MISMATCH", "SWITCH_FAILED", "LOG_MOVED", "SINCE_GAP", "ROLLBACK_WOULD_LOSE"]) {
    expect(page).toContain(code);
  }
});
