/**
 * `npm run demo`: the main job from end to end, in a temporary folder, with the commands that a user would type. A
 * Postgres is started from the npm binaries (TEST_DATABASE_URL wins) and stopped at the end.
 */
import { type ExecFileException, execFile } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startPostgres } from "../test/support/postgres.js";

const CLI = fileURLToPath(new URL("../dist/cli/sessiondb.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "sessiondb-demo-"));
let secretUrl = "";

interface Ran {
  readonly code: number;
  readonly stdout: string;
}

async function main(): Promise<void> {
  writeFileSync(join(folder, "session-db.json"), JSON.stringify(legacyState(), null, 2));
  title("1. Take over a legacy session-db.json");
  await show("import minsky-json session-db.json --store jsonl:s.jsonl");

  title("2. Start and change sessions, from two processes at once");
  await show(
    "session start docs-site --repo https://example.com/docs.git --no-workspace --branch docs-site --store jsonl:s.jsonl",
  );
  await Promise.all([
    show('session update task#064 --set branch=task/064 --actor agent:claude --reason "rename" --store jsonl:s.jsonl'),
    show('session update task#064 --set status=PR_OPEN --actor agent:codex --reason "ready" --store jsonl:s.jsonl'),
  ]);
  await show("session list --store jsonl:s.jsonl");

  title("3. Who changed what, from what to what, and why");
  await show("session log task#064 --patch --store jsonl:s.jsonl");

  title("4. What was true then: at an offset, and at a time");
  await show("session show task#064 --as-of 3 --store jsonl:s.jsonl");
  const recordedAt = JSON.parse(readFileSync(join(folder, "s.jsonl"), "utf8").split("\n")[2] as string)
    .recordedAt as string;
  await show(`session list --as-of ${recordedAt} --store jsonl:s.jsonl`);

  title("5. JSONL → SQLite → Postgres → JSONL: four logs, one hash");
  const postgres = await startPostgres();
  try {
    const url = new URL(postgres.url);
    url.searchParams.set("schema", "demo");
    secretUrl = url.href;
    const stores = ["jsonl:s.jsonl", "sqlite:s.db", secretUrl, "jsonl:back.jsonl"];
    for (let i = 1; i < stores.length; i++) await show(`migrate --from ${stores[i - 1]} --to ${stores[i]}`);
    const hashes = await Promise.all(stores.map(tailHash));
    hashes.forEach((hash, i) => {
      console.log(`${hash}  ${shown(stores[i] as string)}`);
    });
    if (new Set(hashes).size !== 1) throw new Error("the tail hashes differ");
    console.log("all four are equal");
  } finally {
    await postgres.close();
  }

  title("6. Change one byte of a copy");
  copyFileSync(join(folder, "s.jsonl"), join(folder, "copy.jsonl"));
  changeOneByte(join(folder, "copy.jsonl"));
  await show("verify --store jsonl:copy.jsonl", 6);
  await show("verify --store jsonl:s.jsonl");
}

/** Runs a command line, prints it as in a terminal, and insists on its exit code. */
async function show(line: string, expected = 0): Promise<Ran> {
  const { code, text, stdout } = await run(line);
  process.stdout.write(`\n$ sessiondb ${shown(line)}\n${shown(text)}`);
  if (code !== expected) throw new Error(`exit code ${code}, expected ${expected}`);
  return { code, stdout };
}

function run(line: string): Promise<{ code: number; text: string; stdout: string }> {
  const args = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? (match[2] as string));
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], { cwd: folder }, (error: ExecFileException | null, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
      resolve({ code, text: stdout + stderr, stdout });
    });
  });
}

async function tailHash(store: string): Promise<string> {
  const { stdout } = await run(`verify --json --store ${store}`);
  return (JSON.parse(stdout) as { hash: string }).hash;
}

/** Letters in the middle of the third line, so that the line stays JSON. */
function changeOneByte(path: string): void {
  const bytes = readFileSync(path);
  let at = bytes.indexOf('"branch":"', bytes.indexOf("\n", bytes.indexOf("\n") + 1)) + '"branch":"'.length;
  at += 1;
  bytes[at] = (bytes[at] as number) ^ 1;
  writeFileSync(path, bytes);
}

function legacyState() {
  const session = (id: string, more: object) => ({
    session: id,
    repoName: "local/minsky",
    repoUrl: "https://example.com/minsky.git",
    createdAt: "2025-06-01T10:00:00.000Z",
    branch: id,
    ...more,
  });
  return {
    baseDir: "/srv/minsky",
    sessions: [
      session("task#061", { taskId: "#061" }),
      session("spike-cache", {}),
      session("task#064", {
        taskId: "#064",
        prState: { branchName: "pr/task#064", exists: true, lastChecked: "2025-06-02T09:00:00.000Z" },
        prApproved: false,
      }),
    ],
  };
}

function title(text: string): void {
  console.log(`\n── ${text} ${"─".repeat(Math.max(0, 76 - text.length))}`);
}

function shown(text: string): string {
  return secretUrl === "" ? text : text.replaceAll(secretUrl, "$POSTGRES_URL");
}

try {
  await main();
  rmSync(folder, { recursive: true });
} catch (error) {
  console.error(`\nthe demo failed: ${(error as Error).message}\nits files are kept in ${folder}`);
  process.exitCode = 1;
}
