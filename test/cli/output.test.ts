import stringWidth from "string-width";
import { expect, onTestFinished, test, vi } from "vitest";
import type { SessionDocument } from "../../projections/sessions.js";
import { csvLine } from "../../src/cli/output/csv.js";
import { printable, printableJson } from "../../src/cli/output/escape.js";
import { foldedText } from "../../src/cli/output/folded-text.js";
import { progressLine } from "../../src/cli/output/progress.js";
import { sessionRows } from "../../src/cli/output/session-rows.js";
import { Streams } from "../../src/cli/output/streams.js";
import { renderFields, renderTable } from "../../src/cli/output/table.js";
import { runCli as runAlone } from "../support/cli.js";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";

test("text that could drive a terminal becomes visible", () => {
  const text = "a\u001b[2Jb\u0007\u009b31m\u202e\u2066\u200f\r\n\u2028\u0085";
  expect(printable(text)).toBe("a\\u{1b}[2Jb\\u{7}\\u{9b}31m\\u{202e}\\u{2066}\\u{200f}\\u{d}\\u{a}\\u{2028}\\u{85}");
  expect(printable("修复登录🚀 é ü")).toBe("修复登录🚀 é ü");
});

test("what nobody would see becomes visible, so that no two names look the same; what joins letters and emoji stays", () => {
  for (const hidden of ["\u200b", "\u2060", "\u00ad", "\u180e", "\u3164", "\u{e0041}", "\ufffa"]) {
    const text = `auth${hidden}-refactor`;
    expect(printable(text)).toBe(`auth\\u{${hidden.codePointAt(0)?.toString(16)}}-refactor`);
    expect(printableJson(JSON.stringify(text))).toMatch(/^[ -~]*$/);
    expect(JSON.parse(printableJson(JSON.stringify(text)))).toBe(text);
  }
  for (const joined of ["👩\u200d💻", "می\u200cخواهم", "❤\ufe0f"]) expect(printable(joined)).toBe(joined);
});

test("a cell that a spreadsheet takes for a formula is none, also behind blanks and in wide letters", () => {
  expect(csvLine(["=1+1", " =1+1", "\uff1d1+1", "\t=1", "-1", -1, "a=1"])).toBe(
    "'=1+1,' =1+1,'\uff1d1+1,'\\u{9}=1,'-1,-1,a=1",
  );
});

/** What is written to a stderr that is a terminal. */
function onTerminal(columns: number, term = "xterm"): string[] {
  const written: string[] = [];
  const before = ["isTTY", "columns"].map(
    (name) => [name, Object.getOwnPropertyDescriptor(process.stderr, name)] as const,
  );
  onTestFinished(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    for (const [name, is] of before) {
      Object.defineProperty(process.stderr, name, is ?? { value: undefined, configurable: true });
    }
  });
  vi.stubEnv("TERM", term);
  Object.defineProperty(process.stderr, "isTTY", { value: true, configurable: true });
  Object.defineProperty(process.stderr, "columns", { value: columns, configurable: true });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => written.push(String(text)) > 0);
  return written;
}

test.each([
  ["dumb", ""],
  ["xterm", "\r\u001b[Khalf"],
])("progress on a terminal that is %s", (term, shown) => {
  const written = onTerminal(80, term);
  new Streams().progress("half");
  expect(written.join("")).toBe(shown);
});

test.each([80, 60, 30])(
  "a line of progress fits a terminal of %i columns, so that it can be taken away again",
  (columns) => {
    const written = onTerminal(columns);
    const streams = new Streams();
    progressLine(streams, "rebuilding conversation-chunks")(9_000_000, 150_000_000);
    streams.progress(`Receiving objects: 修复登录${"x".repeat(200)}`);
    for (const line of written.map((text) => text.replace("\r\u001b[K", ""))) {
      expect(stringWidth(line)).toBeLessThan(columns);
    }
    if (columns > 60) expect(written[0]).toMatch(/chunks ━*·+ 9000000\/150000000 .* s left$/);
  },
);

test("a remark on a terminal is broken between its parts, then between words, and a command is never broken", () => {
  const text = "5 of 12 sessions · offset 1204 · sqlite:/home/ada/somewhere/deep/sessions.db · --all shows the rest";
  expect(foldedText(text, 60)).toEqual([
    "5 of 12 sessions · offset 1204",
    "  · sqlite:/home/ada/somewhere/deep/sessions.db",
    "  · --all shows the rest",
  ]);
  expect(foldedText(text, Infinity)).toEqual([text]);
  expect(foldedText("修复登录 修复登录 a", 10)).toEqual(["修复登录", "  修复登录", "  a"]);
  const command = `take it back: sessiondb redo --store sqlite:./s.db`;
  expect(foldedText(command, 20)).toEqual([command]);
  expect(foldedText("one two three four", 18, "why:  ", "      ")).toEqual(["why:  one two", "      three four"]);
});

test("remarks are broken on a terminal only, and not where it says no width", () => {
  const text = `${"word ".repeat(30)}end`;
  const written = onTerminal(40);
  new Streams().note(text);
  expect(
    Math.max(
      ...written
        .join("")
        .split("\n")
        .map((one) => stringWidth(one)),
    ),
  ).toBeLessThanOrEqual(40);
  Object.defineProperty(process.stderr, "columns", { value: 0, configurable: true });
  new Streams().note(text);
  Object.defineProperty(process.stderr, "isTTY", { value: false, configurable: true });
  new Streams().note(text);
  expect(written.slice(-2)).toEqual([`${text}\n`, `${text}\n`]);
});

const COLUMNS = [
  { title: "NAME", value: (row: { name: string; n?: number }) => row.name, narrow: 8 },
  { title: "N", value: (row: { name: string; n?: number }) => row.n, align: "right" as const },
];

test("a table that is too wide for the terminal tells times shorter, and cuts what may be cut as far as it must", () => {
  const rows = [
    { at: "2026-11-22T17:49:32.992Z", path: "prState.lastChecked", by: "agent:claude-code", why: "a long reason" },
    { at: "2026-11-20T08:00:00.000Z", path: "status", by: "user:ada", why: "x" },
  ];
  const columns = [
    { title: "AT", value: ({ at }: (typeof rows)[0]) => at, time: true as const },
    { title: "PATH", value: ({ path }: (typeof rows)[0]) => path, narrow: 16 },
    { title: "BY", value: ({ by }: (typeof rows)[0]) => by, narrow: 12 },
    { title: "WHY", value: ({ why }: (typeof rows)[0]) => why, narrow: 10 },
  ];
  const now = () => new Date("2026-11-22T17:51:00Z");
  const at = (width?: number) => renderTable(rows, columns, width, now)[1];
  expect(at()).toBe("2026-11-22T17:49:32.992Z  prState.lastChecked  agent:claude-code  a long reason");
  expect(at(80)).toBe(at());
  expect(at(72)).toBe("2026-11-22 17:49Z  prState.lastChecked  agent:claude-code  a long reason");
  expect(at(60)).toBe("2026-11-22 17:49Z  prState.lastCh…  agent:claud…  a long re…");
  expect(at(47)).toBe("2026-11-22 17:49Z  prState…  agent:c…  a long …");
  expect(at(32)).toBe("1m  prState…  agent:c…  a long …");
});

test("columns line up by the width on the screen", () => {
  expect(
    renderTable(
      [
        { name: "修复登录🚀", n: 7 },
        { name: "b", n: 12 },
      ],
      COLUMNS,
    ),
  ).toEqual(["NAME         N", "修复登录🚀   7", "b           12"]);
});

test("the built command measures wide text as the package does, of which it makes parts late", async () => {
  const cwd = tempDir();
  const names = ["修复登录🚀", "e\u0301", "👩‍👩‍👧", "1️⃣", "🇩🇪", "plain"];
  for (const name of names) await runCli(["session", "start", name, "--store", "jsonl:./s.jsonl"], { cwd });
  const { stdout } = await runCli(["session", "list", "--store", "jsonl:./s.jsonl"], { cwd });
  const [title = "", ...rows] = stdout.trimEnd().split("\n");
  const starts = rows.map((row) => stringWidth(row.slice(0, row.indexOf("CREATED"))));
  expect(starts).toEqual(names.map(() => title.indexOf("STATUS")));
});

test("a terminal narrows what may be narrowed; a pipe gets everything", () => {
  const rows = [{ name: "x".repeat(40), n: 1 }];
  expect(renderTable(rows, COLUMNS, 20)[1]).toBe(`${"x".repeat(16)}…  1`);
  expect(renderTable(rows, COLUMNS)[1]).toBe(`${"x".repeat(40)}  1`);
});

test("a missing value is a dash", () => {
  expect(renderTable([{ name: "" }], COLUMNS)[1]).toBe("-     -");
});

test("names of fields are stored text too", () => {
  expect(renderFields([["a\u001b[2J", "b\u0007"]])).toEqual(["a\\u{1b}[2J  b\\u{7}"]);
});

function document(id: string, lastActor: string, record: Record<string, string>, version = 7): SessionDocument {
  const place = { version, createdOffset: 1, lastOffset: 9, updatedAt: "2026-11-20T20:08:17.000Z", lastActor };
  return { id, record: { session: id, ...record }, ...place, deleted: null, faults: [], faultCount: 0 };
}

test("a list of sessions fits 80 columns, whatever they hold", () => {
  const long = "x".repeat(100);
  const documents = [
    document("auth-refactor", "agent:claude", { status: "PR_OPEN", taskId: "mt#412", branch: "auth-refactor" }, 18),
    document("spike-cache", "agent:gemini", { status: "ACTIVE" }),
    document(long, long, { status: "IN_REVIEW", taskId: long, branch: "修复登录🚀".repeat(9) }, 123_456),
  ];
  const rows = sessionRows(documents, 80, new Date("2026-11-20T20:10:17Z"));
  for (const row of rows) expect(stringWidth(row)).toBeLessThanOrEqual(80);
  const few = sessionRows(documents.slice(0, 2), 80, new Date("2026-11-20T20:10:17Z"));
  expect(few).toEqual([
    "SESSION        STATUS   TASK    BRANCH         LAST BY       UPDATED  EVENTS",
    "auth-refactor  PR_OPEN  mt#412  auth-refactor  agent:claude  2m           18",
    "spike-cache    ACTIVE   -       -              agent:gemini  2m            7",
  ]);
  expect(sessionRows(documents, undefined)[3]).toContain(long);
});

test("an address with a password in the place of anything else stays out of the error, in every form of it", async () => {
  const cwd = tempDir();
  const address = "postgres://me:SECRETPW@db.example.com/x";
  const lines = [
    ["session", "show", address, "--as-of", address],
    ["mark", "rm", address],
    ["session", "fork", address, "--as", "b"],
    ["archive", "restore", address],
    ["import", "minsky-json", address],
    ["export", "sql", "./a", "--dialect", address],
    [address],
    ["session", "list", `--${address}`],
  ];
  await runCli(["session", "start", "a", "--store", "jsonl:./s.jsonl"], { cwd });
  for (const more of [[], ["--json"], ["--debug"]]) {
    for (const line of lines) {
      const { code, stderr } = await runCli([...line, "--store", "jsonl:./s.jsonl", ...more], { cwd });
      expect([line, code === 0, stderr.split("SECRETPW")]).toEqual([line, false, [stderr]]);
    }
  }
});

test("an argument without an end does not flood the terminal", async () => {
  const { code, stderr } = await runAlone(["config", "get", "x".repeat(100_000)], { cwd: tempDir() });
  expect([code, stderr.length < 1000]).toEqual([2, true]);
});

test("the first help says how a store is named, and how to begin", async () => {
  const { stdout } = await runCli(["--help"]);
  expect(stdout).toMatch(/--store URL behind the command, or SESSIONDB_STORE/);
  expect(stdout).toMatch(/jsonl:PATH, sqlite:PATH, postgres:/);
  const example = /^ {2}\$ (sessiondb session start .*)$/m.exec(stdout)?.[1]?.split(" ").slice(1) ?? [];
  expect(await runCli(example, { cwd: tempDir() })).toMatchObject({ code: 0 });
});
