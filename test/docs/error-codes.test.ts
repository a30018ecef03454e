import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Names of variables and states, and the codes of others, that stand in the source like ours. */
const NOT_OURS =
  /^(MINSKY|SESSIONDB)_|^((BODHI_)?SESSION_DB_URL|DATABASE_URL|STORAGE_BACKEND|XDG_\w+)$|^PR_(OPEN|APPROVED)$|^SQLITE_(?!UNSAFE)|^ERR_/;

function codesInSource(): string[] {
  const files = ["src", "projections", "migrations"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join(ROOT, folder, name)),
  );
  const codes = files.flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/"([A-Z]+(?:_[A-Z]+)+)"/g)].map((match) => match[1] as string),
  );
  return [...new Set(codes)].filter((code) => !NOT_OURS.test(code)).sort();
}

test("every error code is documented, and no code that is gone", () => {
  const page = readFileSync(join(ROOT, "docs/errors.md"), "utf8");
  const documented = new Set([...page.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)].map((match) => match[1] as string));
  const codes = codesInSource();
  expect(codes.filter((code) => !documented.has(code))).toEqual([]);
  expect([...documented].filter((code) => !codes.includes(code) && !NOT_OURS.test(code))).toEqual([]);
});
