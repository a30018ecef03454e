import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { SETTINGS } from "../../src/config/settings.js";

test("docs/config.md has every setting and every variable", () => {
  const page = readFileSync(fileURLToPath(new URL("../../docs/config.md", import.meta.url)), "utf8");
  const names = SETTINGS.flatMap(({ key, variables }) => [key, ...variables]);
  expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  const documented = [...page.matchAll(/`((?:MINSKY|SESSIONDB)_\w+|sessiondb\.[a-z][\w.]*)`/g)].map(
    (match) => match[1] as string,
  );
  const known = [...names, "sessiondb.…"];
  expect(documented.filter((name) => !known.includes(name))).toEqual([]);
});
