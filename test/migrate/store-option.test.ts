import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { shellWord } from "../../src/log/shell-word.js";
import { storeOption } from "../../src/migrate/store-option.js";
import { fc } from "../support/fast-check.js";

test("what people are told to type is one word for a shell, whatever stands in it", () => {
  const word = fc.string({
    unit: fc.constantFrom("a", " ", "'", '"', "$", "`", "\\", "?", "*", "#", "~", "&", ";", "é"),
    minLength: 1,
  });
  const words = fc.sample(word, 200);
  const printed = execFileSync("sh", ["-c", `printf '%s\\0' ${words.map(shellWord).join(" ")}`], { encoding: "utf8" });
  expect(printed.split("\0").slice(0, -1)).toEqual(words);
});

test("a masked password is not told as if it were one", () => {
  expect(storeOption("--to", "postgres://ada:***@h/d")).toBe("");
  expect(storeOption("--to", "sqlite:/a b/s.db")).toBe(" --to 'sqlite:/a b/s.db'");
  expect(storeOption("--from", "jsonl:/s.jsonl")).toBe(" --from jsonl:/s.jsonl");
});
