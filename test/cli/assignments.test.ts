import { expect, test } from "vitest";
import { parseSet, parseUnset } from "../../src/cli/assignments.js";

test.each<[string, string[], unknown]>([
  ["branch=main", ["branch"], "main"],
  ["taskId=283", ["taskId"], "283"],
  ["commitCount=3", ["commitCount"], 3],
  ["note=", ["note"], ""],
  ["note=a=b", ["note"], "a=b"],
  ["prState.exists=false", ["prState", "exists"], false],
  ["/prState/exists=false", ["prState", "exists"], false],
  ['labels."a.b=c"=1', ["labels", "a.b=c"], 1],
  ["__proto__=1", ["__proto__"], 1],
  ["run=12345678901234567890", ["run"], "12345678901234567890"],
  ["runs=[12345678901234567890]", ["runs"], "[12345678901234567890]"],
])("--set %s", (text, path, value) => {
  expect(parseSet(text)).toEqual({ path, value });
  expect(parseUnset(text.slice(0, text.lastIndexOf("=")).replace("note=a", "note"))).toEqual({
    path,
    value: undefined,
  });
});

test.each(["a..b=1", ".a=1", "a.=1", 'a"b=1x', '"a=1'])("--set %s names no place, and nothing is guessed", (text) => {
  expect(() => parseSet(text)).toThrow(expect.objectContaining({ name: "UsageError" }));
});

test.each(["", "branch", "=1"])("--set %j is no assignment", (text) => {
  expect(() => parseSet(text)).toThrow(expect.objectContaining({ code: "ARGUMENT_INVALID" }));
});
