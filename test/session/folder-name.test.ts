import { expect, test } from "vitest";
import { folderSegments, idOfFolder } from "../../src/session/folder-name.js";
import { fc } from "../support/fast-check.js";

const HOSTILE = [
  ...[
    "..",
    ".",
    "../../etc/passwd",
    "/etc/passwd",
    "a/../../b",
    "..\\..\\x",
    "C:\\x",
    "~",
    "~root",
    "-rf",
    "--upload-pack=x",
  ],
  ...[
    "CON",
    "con",
    "nul.txt",
    "COM1",
    "lpt9.log",
    "a.",
    "a ",
    ".git",
    ".starting-0",
    "%2e%2e",
    "%",
    "a%",
    "a%2",
    "__proto__",
  ],
  ...["Auth", "auth", "AUTH", "\u00e9", "e\u0301", "\u212a", "k", "\u202egpj.exe", "x".repeat(300), "X".repeat(300)],
  ...[
    `${"a".repeat(200)}.`,
    `${"a".repeat(200)}..`,
    `${"a".repeat(200)}con`,
    `${"a".repeat(199)}%b`,
    "🚀".repeat(100),
    "task-md#123",
  ],
];
const ids = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ minLength: 1, maxLength: 400, unit: "binary" }));

/** Ids are: others are refused before. */
function isWellFormed(id: string): boolean {
  return Buffer.from(id).toString() === id;
}

/** As a file system sees it that ignores case and the form of accents. */
function folded(id: string): string {
  return folderSegments(id).join("/").normalize("NFKC").toLowerCase();
}

test("every id has names that stay in their folder on every file system, and comes back from them", () => {
  const check = (id: string) => {
    const segments = folderSegments(id);
    for (const segment of segments) {
      expect(segment).toMatch(/^[a-z0-9#_@+=,%][A-Za-z0-9#._@+=,%-]{0,200}$/);
      expect(segment).not.toMatch(/\.$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/);
    }
    expect(idOfFolder(segments)).toBe(id);
  };
  for (const id of HOSTILE) check(id);
  fc.assert(fc.property(ids.filter(isWellFormed), check), { numRuns: 500 });
});

test("two ids never share a folder, also where case and accents do not count", () => {
  expect(new Set(HOSTILE.map(folded)).size).toBe(HOSTILE.length);
  fc.assert(
    fc.property(ids, ids, (a, b) => !isWellFormed(a) || !isWellFormed(b) || a === b || folded(a) !== folded(b)),
  );
});

test("names that no id gives are no ids", () => {
  for (const name of ["Auth", "a.", ".git", "%2f", "%61", "%zz", "%FF", "con", "a b", "-x", "a%", ""]) {
    expect(idOfFolder([name]), name).toBeUndefined();
  }
  expect(idOfFolder(["a%", "b"])).toBeUndefined();
});
