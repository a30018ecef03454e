import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { driverFault, fittingDriver } from "../../src/log/sql/sqlite/file/driver-version.js";
import { assertSafeVersion } from "../../src/log/sql/sqlite/file/sqlite-version.js";
import { type CliResult, runCli } from "../support/cli.js";
import { tempDir } from "../support/temp.js";

/** A process in which the native part of better-sqlite3 cannot be loaded, because of an error of this code. */
function withoutDriver(code: string, folder: string, args: readonly string[]): Promise<CliResult> {
  const hook = join(tempDir(), "hook.cjs");
  writeFileSync(
    hook,
    `const load = process.dlopen;
     process.dlopen = (module, path, ...flags) => {
       if (/better[_-]sqlite3/.test(path)) throw Object.assign(new Error("refused"), { code: ${JSON.stringify(code)} });
       return load(module, path, ...flags);
     };`,
  );
  return runCli(args, { cwd: folder, env: { NODE_OPTIONS: `--require=${hook}` } });
}

test.each([
  ["MODULE_NOT_FOUND", "was installed without its native part"],
  ["ERR_DLOPEN_FAILED", "was built for another Node or another system"],
])("a driver that cannot be loaded (%s) is named, with what builds it, and leaves no file", async (code, why) => {
  const folder = tempDir();
  const {
    code: exit,
    stdout,
    stderr,
  } = await withoutDriver(code, folder, ["session", "start", "a", "--store", "sqlite:./s.db"]);
  expect(stdout).toBe("");
  expect(stderr).toMatch(/^error DRIVER_UNUSABLE: sqlite:/);
  expect(stderr).toContain(`s.db: SQLite's driver (better-sqlite3) ${why} (Node `);
  expect(stderr).toContain("hint: build it: npm rebuild better-sqlite3");
  expect(exit).toBe(2);
  expect(readdirSync(folder)).toEqual([]);
});

test("a driver that cannot be loaded is named where a database is looked at or imported, too", async () => {
  const folder = tempDir();
  expect((await runCli(["session", "start", "a", "--store", "sqlite:./s.db"], { cwd: folder })).code).toBe(0);
  const imported = await withoutDriver("MODULE_NOT_FOUND", folder, [
    "import",
    "minsky-sqlite",
    "s.db",
    "--store",
    "jsonl:./s.jsonl",
  ]);
  expect(imported.stderr).toContain("error DRIVER_UNUSABLE: ");
  const doctor = await withoutDriver("MODULE_NOT_FOUND", folder, ["doctor", "--store", "sqlite:./s.db"]);
  expect(doctor.stdout).toContain("mend: build it: npm rebuild better-sqlite3");
  expect(doctor.stdout).not.toContain("report what it prints");
});

test.each([
  ["12.11.1", "20.19.0"],
  ["12.11.1", "22.23.3"],
  ["12.11.1", "24.18.0"],
  ["13.2.0", "22.12.0"],
  ["13.2.0", "24.21.0"],
  ["14.0.0", "26.1.0"],
])("driver %s is loaded by Node %s", (driver, node) => {
  expect(driverFault(driver, node)).toBeUndefined();
});

test.each([
  ["12.11.1", "24.19.0", "better-sqlite3@13"],
  ["12.11.1", "26.0.0", "better-sqlite3@13"],
  ["13.2.0", "20.20.2", "better-sqlite3@12"],
])("driver %s, which would end a process of Node %s, is refused; %s would do", (driver, node, fitting) => {
  expect(driverFault(driver, node)).toBe(`better-sqlite3 ${driver} can end a process of Node ${node} at any time`);
  expect(fittingDriver(node)).toBe(fitting);
});

test("a library with the WAL-reset bug is replaced by one that this Node can load", () => {
  const hint = `npm install ${fittingDriver(process.versions.node)} (12.8.0 or newer)`;
  expect(() => assertSafeVersion("3.51.2")).toThrow(expect.objectContaining({ code: "SQLITE_UNSAFE", hint }));
});
