import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";

/** There are many lines; two busy cores take a while. */
const MANY_LINES_MS = 120_000;

class Shell {
  readonly cwd = tempDir();

  run(...args: string[]) {
    return runCli([...args, "--store", "sqlite:./c.db"], { cwd: this.cwd });
  }

  async json(...args: string[]): Promise<Record<string, unknown>> {
    const { code, stdout, stderr } = await this.run(...args, "--json");
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout) as Record<string, unknown>;
  }
}

test("answers are one JSON document with schema and offset, now and as of a point", {
  timeout: MANY_LINES_MS,
}, async () => {
  const shell = new Shell();
  expect(await shell.json("collab", "create", "auth", "--title", "T", "--participant", "ada")).toMatchObject({
    schema: "collab-session/1",
    offset: 1,
    session: { id: "auth", title: "T", participants: ["ada"] },
  });
  writeFileSync(join(shell.cwd, "talk.txt"), "ada: sqlite \u001b[31mred\n");
  await shell.json("collab", "chunk", "add", "auth", "c1", "--file", "talk.txt");
  await shell.json(
    "collab",
    "memory",
    "set",
    "auth",
    "db",
    "--type",
    "decision",
    "--value",
    '{"use":"sqlite"}',
    "--tag",
    "x",
  );
  expect(await shell.json("collab", "show", "auth")).toMatchObject({
    schema: "collab-show/1",
    offset: 3,
    session: { chunkCount: 1, memoryCount: 1 },
    counts: { memoriesByType: { decision: 1 } },
  });
  expect(await shell.json("collab", "show", "auth", "--as-of", "1")).toMatchObject({
    offset: 1,
    session: { chunkCount: 0 },
  });
  expect(await shell.json("collab", "memory", "list", "auth")).toMatchObject({
    total: 1,
    items: [{ key: "db" }],
    next: null,
  });
  const found = await shell.json("collab", "search", "sqlite", "--kind", "chunk");
  expect(found).toMatchObject({
    schema: "collab-search/1",
    offset: 3,
    items: [{ kind: "chunk", id: "c1" }],
    more: false,
  });
  const { stdout } = await shell.run("collab", "search", "sqlite");
  expect(stdout).toContain("\\u{1b}[31mred");
  expect((await shell.run("collab", "chunk", "show", "auth", "c1")).stdout).not.toContain("\u001b");
  const history = await shell.json("collab", "log", "auth", "--limit", "2");
  expect(history).toMatchObject({
    session: "auth",
    items: [{ type: "chunk.added" }, { type: "memory.set", id: "db" }],
  });
});

test("a worker's way, and the exit codes on it", { timeout: MANY_LINES_MS }, async () => {
  const shell = new Shell();
  await shell.json("collab", "create", "s");
  await shell.json("collab", "task", "add", "s", "--agent", "a", "--type", "x", "--id", "t");
  const { task } = (await shell.json("collab", "task", "claim", "a", "--as", "w")) as {
    task: { id: string; token: number };
  };
  expect(task).toMatchObject({ id: "s/t", token: 2 });
  const none = await shell.run("collab", "task", "claim", "a", "--json");
  expect([none.code, JSON.parse(none.stdout)]).toMatchObject([3, { task: null }]);
  const late = await shell.run("collab", "task", "complete", "s/t", "--token", "1", "--json");
  expect([late.code, late.stdout, JSON.parse(late.stderr)]).toMatchObject([4, "", { error: { code: "LEASE_LOST" } }]);
  await shell.json("collab", "task", "complete", "s/t", "--token", "2", "--output", "[1]");
  expect((await shell.run("collab", "task", "cancel", "s/t")).code).toBe(4);
  for (const [code, ...args] of [
    ["3", "show", "none"],
    ["3", "chunk", "show", "s", "none"],
    ["4", "create", "s"],
    ["2", "create", "../x"],
    ["2", "memory", "set", "s", "../k", "--type", "fact", "--text", "x"],
    ["2", "memory", "set", "s", "k", "--type", "hunch", "--text", "x"],
    ["2", "memory", "set", "s", "k", "--type", "fact"],
    ["2", "chunk", "add", "s", "c", "--file", "missing.txt"],
    ["2", "task", "add", "s", "--agent", "a", "--type", "x", "--priority", "high"],
    ["2", "task", "add", "s", "--agent", "a", "--type", "x", "--input", "{"],
    ["2", "search", "%%%"],
    ["2", "list", "--status", "open"],
  ]) {
    const { code: got, stdout, stderr } = await shell.run("collab", ...args);
    expect([args, String(got), stdout], stderr).toEqual([args, code, ""]);
  }
});

test("an import reports what it refused, and its export is imported again", { timeout: MANY_LINES_MS }, async () => {
  const shell = new Shell();
  const folder = join(shell.cwd, "webhook", "sessions", "s1");
  mkdirSync(join(folder, "memories"), { recursive: true });
  writeFileSync(join(folder, "session.json"), '{"session_id":"s1","title":"T"}');
  writeFileSync(join(folder, "memories", "k.json"), '{"key":"k","type":"fact","content":"x"}');
  writeFileSync(join(folder, "memories", "cut.json"), "{");
  const { code, stdout } = await shell.run("import", "ai-webhook", "webhook", "--report", "r.json");
  expect([code, stdout]).toEqual([1, expect.stringContaining("3 read, 2 imported")]);
  const report = JSON.parse(readFileSync(join(shell.cwd, "r.json"), "utf8"));
  expect(report).toMatchObject({ schema: "import/1", refused: 1, notes: [{ kind: "refused" }] });
  expect((await shell.run("export", "ai-webhook", "out")).code).toBe(0);
  expect((await shell.run("export", "ai-webhook", "out")).code).toBe(7);
  expect(await shell.json("import", "ai-webhook", "out")).toMatchObject({ imported: 0, unchanged: 2 });
  expect((await shell.run("import", "ai-webhook", "nowhere")).code).toBe(3);
});
