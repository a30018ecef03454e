import { existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeFolder } from "../../src/files/make-folder.js";
import { openLog } from "../../src/open-log.js";
import { tempDir } from "../support/temp.js";

const EVENT = { stream: "session-a", events: [{ type: "x", data: {} }] };
const codeOf = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
};

test("makes all that is missing, the outermost first, with the mode, and nothing where it is there", () => {
  const folder = tempDir();
  const [a, b] = [join(folder, "a"), join(folder, "a", "b")];
  expect(makeFolder(b, 0o700)).toEqual([a, b]);
  expect(statSync(a).mode & 0o777).toBe(0o700);
  expect(makeFolder(b, 0o700)).toEqual([]);
});

test("a link to a folder is a folder; a file, and a link to nothing, are in the way", () => {
  const folder = tempDir();
  mkdirSync(join(folder, "real"));
  symlinkSync(join(folder, "real"), join(folder, "link"));
  symlinkSync(join(folder, "nowhere"), join(folder, "dangling"));
  writeFileSync(join(folder, "file"), "");
  expect(makeFolder(join(folder, "link", "x"), 0o700)).toHaveLength(1);
  expect(codeOf(() => makeFolder(join(folder, "file"), 0o700))).toBe("EEXIST");
  expect(codeOf(() => makeFolder(join(folder, "file", "x"), 0o700))).toBe("ENOTDIR");
  expect(codeOf(() => makeFolder(join(folder, "dangling", "x"), 0o700))).toBe("EEXIST");
});

test.runIf(existsSync("/proc/self"))("a folder that takes no others is an error, and no endless attempt", async () => {
  expect(codeOf(() => makeFolder("/proc/sessiondb-none/x/y", 0o700))).toBe("ENOENT");
  for (const url of ["jsonl:/proc/sessiondb-none/x/s.jsonl", "sqlite:/proc/sessiondb-none/x/s.db"]) {
    const opened = openLog(url).then((log) => log.append(EVENT, { actor: "user:ada" }).finally(() => log.close()));
    await expect(opened).rejects.toMatchObject({ code: "PATH_INVALID" });
  }
});
