import { expect, test } from "vitest";
import { printable } from "../../src/cli/output/escape.js";
import { renderTable } from "../../src/cli/output/table.js";

test("text that could drive a terminal becomes visible", () => {
  const text = "a\u001b[2Jb\u0007\u009b31m\u202e\u2066\u200f\r\n\u2028\u0085";
  expect(printable(text)).toBe("a\\u{1b}[2Jb\\u{7}\\u{9b}31m\\u{202e}\\u{2066}\\u{200f}\\u{d}\\u{a}\\u{2028}\\u{85}");
  expect(printable("修复登录🚀 é ü")).toBe("修复登录🚀 é ü");
});

const COLUMNS = [
  { title: "NAME", value: (row: { name: string; n?: number }) => row.name, narrow: 8 },
  { title: "N", value: (row: { name: string; n?: number }) => row.n, align: "right" as const },
];

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

test("a terminal narrows what may be narrowed; a pipe gets everything", () => {
  const rows = [{ name: "x".repeat(40), n: 1 }];
  expect(renderTable(rows, COLUMNS, 20)[1]).toBe(`${"x".repeat(16)}…  1`);
  expect(renderTable(rows, COLUMNS)[1]).toBe(`${"x".repeat(40)}  1`);
});

test("a missing value is a dash", () => {
  expect(renderTable([{ name: "" }], COLUMNS)[1]).toBe("-     -");
});
