import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { signTail } from "../src/inspect/sign-tail.js";
import { createSigningKey, readPrivateKey } from "../src/inspect/signing-key.js";
import { writeProof } from "../src/inspect/write-proof.js";
import { saveEvents } from "../src/migrate/save-events.js";
import { openLog } from "../src/open-log.js";
import { runCli } from "./support/cli.js";
import { tempDir } from "./support/temp.js";

let before = 0;
beforeAll(() => {
  before = process.umask(0); // also for the programs that are started here
});
afterAll(() => {
  process.umask(before);
});

/** Everything below a folder that others than its owner may look into, change or enter. */
function open(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => `${name} ${(statSync(join(folder, name)).mode & 0o777).toString(8)}`)
    .filter((line) => !/ [0-7]00$/.test(line));
}

describe.each([
  ["jsonl", "s.jsonl"],
  ["sqlite", "s.db"],
])("a %s log, where the umask gives everything away,", (scheme, name) => {
  test("is its owner's only, with all that lies beside it, while it is open and after", async () => {
    const folder = tempDir();
    const url = `${scheme}:${join(folder, "a/b", name)}`;
    const log = await openLog(url);
    for (let i = 0; i < 3; i++) {
      await log.append({ stream: "session-a", events: [{ type: "noted", data: {} }] }, { actor: "ada" });
      expect(open(folder)).toEqual([]);
    }
    await log.sidecar.write("snapshots/x", "text");
    await saveEvents(log, { from: 1, to: 3 }, join(folder, "backup.jsonl"), { overwrite: false });
    const { privateFile } = await createSigningKey(join(folder, "k"));
    await signTail(log, await readPrivateKey(privateFile), { append: join(folder, "tails") });
    await writeProof(log, {}, join(folder, "proof"));
    expect(open(folder)).toEqual([]);
    await log.close();
    expect(open(folder)).toEqual([]);
  });

  test("is so when the command line makes it, and when it is moved", async () => {
    const cwd = tempDir();
    const store = `${scheme}:./deep/${name}`;
    for (const args of [
      ["session", "start", "a", "--store", store],
      ["session", "list", "--store", store],
      ["migrate", "--from", store, "--to", "sqlite:./other/t.db"],
      ["migrate", "--from", store, "--to", "jsonl:./other/t.jsonl"],
      ["backup", "-o", "b.jsonl", "--store", store],
      ["events", "export", "-o", "e.jsonl", "--store", store],
      ["export", "minsky-json", "m.json", "--store", store],
    ]) {
      const { code, stderr } = await runCli(args, { cwd });
      expect([args.join(" "), code, stderr.includes("error")]).toEqual([args.join(" "), 0, false]);
    }
    expect(open(cwd)).toEqual([]);
  });
});

test("a folder that was there keeps its mode", async () => {
  const folder = join(tempDir(), "shared");
  mkdirSync(folder, { mode: 0o755 });
  const log = await openLog(`jsonl:${join(folder, "s.jsonl")}`);
  await log.append({ stream: "session-a", events: [{ type: "noted", data: {} }] }, { actor: "ada" });
  await log.close();
  expect(statSync(folder).mode & 0o777).toBe(0o755);
  expect(existsSync(join(folder, "s.jsonl"))).toBe(true);
});
