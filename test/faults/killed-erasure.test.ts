import { cpSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CANARY, canaryIn } from "../erasure/canary.js";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";
import { notRun } from "./fault-report.js";
import { faultShim } from "./shim.js";

/** A limit for a slow and shared machine. */
const LIMIT_MS = 600_000;
const MAX_CALLS = 60;

const shim = faultShim();

/** Runs a command line on the JSONL log of a folder. */
const runner =
  (root: string, query: string) =>
  async (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    runCli([...args, "--store", `jsonl:${join(root, "s.jsonl")}${query}`], { cwd: root, env: { HOME: root, ...env } });

/** @returns a folder with a session that says the canary, in the log and in the snapshots beside it */
async function toldStore(query: string): Promise<string> {
  const root = tempDir();
  const run = runner(root, query);
  expect((await run(["session", "start", "told", "--description", CANARY])).code).toBe(0);
  expect((await run(["session", "start", "other"])).code).toBe(0);
  expect((await run(["projection", "rebuild", "sessions"])).code).toBe(0);
  expect((await canaryIn(`jsonl:${join(root, "s.jsonl")}`)).some((name) => name.includes("snapshots"))).toBe(true);
  return root;
}

const ERASE = ["redact", "--path", "description", "--session", "told", "--reason", "asked for", "--yes=s.jsonl"];

describe.each([
  ["one file", ""],
  ["in segments", "?segment=4KiB"],
])("jsonl, %s", (_, query) => {
  test.each(["rename:after-kill", "remove:kill", "remove:EIO"])(
    "an erasure that is stopped anywhere (%s) and repeated leaves nothing of what it erased",
    { timeout: LIMIT_MS },
    async (plan) => {
      if (typeof shim === "string") return notRun("an erasure that is killed", shim);
      const told = await toldStore(query);
      const [kind, mode] = plan.split(":");
      for (let call = 1; call <= MAX_CALLS; call++) {
        const root = tempDir();
        cpSync(told, root, { recursive: true });
        const run = runner(root, query);
        const { code } = await run(ERASE, shim.env(root, { plan: `${kind}:${call}:${mode}` }));
        if (code === 0) return expect(call).toBeGreaterThan(1);
        const again = await run(ERASE);
        expect(again.code === 0 || again.stderr.includes("NOTHING_TO_ERASE"), again.stderr).toBe(true);
        expect(await canaryIn(`jsonl:${join(root, "s.jsonl")}`), `${plan} at call ${call}`).toEqual([]);
      }
      expect.unreachable("it never came to its end");
    },
  );
});
