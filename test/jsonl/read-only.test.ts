import { appendFileSync, chmodSync, chownSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { allEvents, appendCount } from "../../src/conformance/target.js";
import { freshPath, offsetsOf, open, openNoticed } from "./jsonl-fixture.js";

const NOBODY = 65_534;
const isRoot = process.geteuid?.() === 0;

afterEach(() => {
  if (isRoot) process.seteuid?.(0);
});

/** Root may write everywhere, so the test goes on as somebody else. */
function giveUpRoot(path: string): void {
  if (!isRoot) return;
  const folder = dirname(path);
  for (const name of [folder, ...readdirSync(folder).map((file) => join(folder, file))])
    chownSync(name, NOBODY, NOBODY);
  process.seteuid?.(NOBODY);
}

async function tornLog(): Promise<string> {
  const path = freshPath();
  const log = await open(path);
  await appendCount(log, "session-a", 2);
  await log.close();
  appendFileSync(path, '{"v":1,"offset":3,"com');
  return path;
}

test.runIf(process.platform !== "win32")(
  "a log that may only be read is read, without its torn tail, and says so",
  async () => {
    for (const what of ["file", "folder"] as const) {
      const path = await tornLog();
      giveUpRoot(path);
      chmodSync(path, what === "file" ? 0o400 : 0o600);
      chmodSync(dirname(path), 0o500);
      const before = readFileSync(path);
      const { log, notices } = await openNoticed(path);
      expect(notices).toMatchObject([{ code: "TORN_TAIL_IGNORED", details: { bytes: 22 } }]);
      expect(offsetsOf(await allEvents(log))).toEqual([1, 2]);
      expect((await log.tail()).offset).toBe(2);
      await expect(appendCount(log, "session-a", 1)).rejects.toMatchObject({
        code: "STORAGE_READ_ONLY",
        hint: expect.any(String),
      });
      expect(readFileSync(path).equals(before)).toBe(true);
      expect(readdirSync(dirname(path)).filter((name) => name.includes(".torn-"))).toEqual([]);
      await log.close();
      chmodSync(dirname(path), 0o700);
      if (isRoot) process.seteuid?.(0);
    }
  },
);

test.runIf(process.platform !== "win32")(
  "a log that may not be read at all is an error, not an empty log",
  async () => {
    const path = await tornLog();
    giveUpRoot(path);
    chmodSync(path, 0o000);
    await expect(open(path)).rejects.toMatchObject({ code: "STORAGE_READ_ONLY" });
    chmodSync(path, 0o600);
  },
);
