import { afterAll, beforeAll, expect, test } from "vitest";
import { openStore } from "../../src/session/open-store.js";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";

const STORE = ["--store", "sqlite:./s.db"];
let cwd = "";

/** 1 a, 2 a again, 3 late begins, 4 a again. */
beforeAll(async () => {
  cwd = tempDir();
  await using store = await openStore(`sqlite:${cwd}/s.db`, { actor: "ada" });
  await store.create({ session: "a", branch: "main" });
  await store.update("a", { branch: "next" });
  await store.create({ session: "late" });
  await store.update("a", { n: 1 });
});

afterAll(async () => {
  await using store = await openStore(`sqlite:${cwd}/s.db`);
  expect((await store.log.tail()).offset, "a command that failed has written").toBe(4);
});

/** Every command that takes a point, given this one for session a. */
function atPoint(point: string): string[][] {
  const equals = ["--path", "branch", "--equals", "main"];
  return [
    ["show", "a", "--as-of", point],
    ["log", "a", "--as-of", point],
    ["blame", "a", "--as-of", point],
    ["diff", "a", `v1..${point}`],
    ["bisect", "a", "--good", point, ...equals],
    ["bisect", "a", "--good", "v1", "--bad", point, ...equals],
    ["what-if", "a", "--skip", point],
    ["fork", "a", "--at", point, "--as", "f"],
    ["revert", "a", "--event", point],
    ["revert", "a", "--to", point],
  ];
}

/** Every command that takes a session, given this one. */
function ofSession(id: string): string[][] {
  return [
    ["show", id],
    ["show", id, "--as-of", "v1"],
    ["log", id],
    ["log", id, "--since", "v1"],
    ["diff", id, "v1.."],
    ["diff", id, "1..2"],
    ["blame", id],
    ["bisect", id, "--good", "1", "--path", "x", "--exists"],
    ["what-if", id, "--skip", "1"],
    ["fork", id, "--as", "f"],
    ["revert", id, "--event", "1"],
    ["revert", id, "--to", "1"],
    ["undo", "--session", id],
    ["redo", "--session", id],
  ];
}

const atPath = (path: string): string[][] => [
  ["show", "a", "--path", path],
  ["log", "a", "--path", path],
  ["blame", "a", path],
  ["diff", "a", "v1..", "--path", path],
];

const ROWS: readonly [string, number, string, string[][]][] = [
  [
    "an offset past the end",
    3,
    "POINT_OUTSIDE",
    [...atPoint("99"), ["list", "--as-of", "99"], ["list", "--until", "99"]],
  ],
  [
    "a time before the first event",
    3,
    "POINT_OUTSIDE",
    [...atPoint("2001-01-01T00:00:00Z"), ["list", "--as-of", "2001-01-01"]],
  ],
  ["the version 0", 3, "POINT_OUTSIDE", atPoint("v0")],
  ["a version that is not there yet", 3, "POINT_OUTSIDE", atPoint("v999")],
  ["a place before the log", 3, "POINT_OUTSIDE", atPoint("HEAD~99999")],
  ["a number that is none", 2, "POINT_INVALID", atPoint("99999999999999999999")],
  ["a point of another grammar", 2, "POINT_INVALID", atPoint("constructor")],
  ["an empty point", 2, "POINT_INVALID", [...atPoint("").filter(([name]) => name !== "diff"), ["diff", "a", ""]]],
  [
    "a version without a session",
    2,
    "POINT_INVALID",
    [
      ["list", "--as-of", "v1"],
      ["list", "--since", "v1"],
    ],
  ],
  ["an unknown session", 3, "SESSION_NOT_FOUND", ofSession("nope")],
  [
    "a session named like a member of every object",
    3,
    "SESSION_NOT_FOUND",
    [...ofSession("__proto__"), ...ofSession("constructor")],
  ],
  ["a session without a name", 3, "SESSION_NOT_FOUND", ofSession("")],
  [
    "a session that did not exist yet",
    3,
    "SESSION_NOT_FOUND",
    [
      ["show", "late", "--as-of", "2"],
      ["log", "late", "--as-of", "2"],
      ["blame", "late", "--as-of", "2"],
      ["diff", "late", "1..2"],
      ["bisect", "late", "--good", "1", "--bad", "2", "--path", "x", "--exists"],
      ["fork", "late", "--at", "2", "--as", "f"],
      ["revert", "late", "--to", "2"],
    ],
  ],
  [
    "an event of another session",
    3,
    "EVENT_NOT_FOUND",
    [
      ["revert", "late", "--event", "2"],
      ["what-if", "late", "--skip", "2"],
    ],
  ],
  ["a path that never existed", 3, "PATH_NOT_FOUND", [...atPath("nope"), ...atPath("branch.x")]],
  ["a path named like a member of every object", 3, "PATH_NOT_FOUND", [...atPath("__proto__"), ...atPath("toString")]],
  ["a path that is none", 2, "FIELD_PATH_INVALID", [...atPath("a..b"), ...atPath("/a~2")]],
  [
    "an empty pattern",
    2,
    "GLOB_INVALID",
    [
      ["list", "--actor", ""],
      ["log", "a", "--type", ""],
    ],
  ],
  [
    "a fork onto no id",
    2,
    "SESSION_ID_INVALID",
    [
      ["fork", "a", "--as", ""],
      ["fork", "a", "--as", "\u0007", "--dry-run"],
    ],
  ],
  [
    "a fork onto an id that is taken",
    4,
    "SESSION_EXISTS",
    [
      ["fork", "a", "--as", "late"],
      ["fork", "a", "--as", "late", "--dry-run"],
    ],
  ],
  [
    "nobody's last change",
    3,
    "NOTHING_TO_UNDO",
    [
      ["undo", "--actor", "constructor"],
      ["undo", "--dry-run", "--actor", "x"],
    ],
  ],
  ["an undo that never was", 3, "NOTHING_TO_REDO", [["redo"], ["redo", "--session", "a"]]],
];

async function fails(command: readonly string[], exitCode: number, errorCode: string): Promise<void> {
  const args = ["undo", "redo"].includes(command[0] as string) ? command : ["session", ...command];
  const { code, stdout, stderr } = await runCli([...args, ...STORE], { cwd });
  const told = [code, stdout, /^error (\w+): ./m.exec(stderr)?.[1], /^hint: ./m.test(stderr)];
  expect(told, args.join(" ")).toEqual([exitCode, "", errorCode, true]);
}

test.each(ROWS)("%s: %i %s", { timeout: 120_000 }, async (_what, exitCode, errorCode, commands) => {
  for (const command of commands) await fails(command, exitCode, errorCode);
});
