import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { ArchiveFile } from "../../src/archive/archive-file.js";
import { checkArchive } from "../../src/archive/check-archive.js";
import { ACTOR, allEvents, event, linesOf } from "../../src/conformance/target.js";
import { archiveBefore, archiveStates, restoreArchive } from "../../src/inspect/archive-log.js";
import { encodeLine } from "../../src/log/event-line.js";
import { openLog } from "../../src/open-log.js";
import { tempDir } from "../support/temp.js";

const folder = tempDir();
const file = join(folder, "a.jsonl.gz");
const url = `sqlite:${join(folder, "s.db")}`;
let lines: string[] = [];

beforeAll(async () => {
  const log = await openLog(url);
  for (let i = 0; i < 30; i++)
    await log.append({ stream: `web-${i % 4}`, events: [event("t", { i, text: "é\u2028" })] }, ACTOR);
  lines = await linesOf(log);
  await archiveBefore(log, 26, file);
  await log.close();
});

test("any zcat reads the events, as they stand in a JSONL log", () => {
  const text = execFileSync("gzip", ["-dc", file]).toString().split("\n");
  expect(JSON.parse(text[0] as string)).toMatchObject({ sessiondbArchive: 1, from: 1, to: 25, streams: 4 });
  expect(text.slice(1, 26).map((line) => `${line}\n`)).toEqual(lines.slice(0, 25));
});

describe("an archive that was changed", () => {
  const damaged = join(folder, "damaged.jsonl.gz");
  const read = async () => {
    const archive = await ArchiveFile.open(damaged);
    try {
      const read: string[] = [];
      for await (const page of archive.readAll(1, 25)) read.push(...page.map(encodeLine));
      return read;
    } finally {
      await archive.close();
    }
  };

  test("at any byte, or cut anywhere, is refused by verify, and never read as something else", async () => {
    const whole = readFileSync(file);
    for (let at = 0; at < whole.length; at += 7) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] as number) ^ 0x41;
      for (const [what, hostile] of [
        [`flipped ${at}`, bytes],
        [`cut ${at}`, whole.subarray(0, at)],
      ] as const) {
        writeFileSync(damaged, hostile);
        // Bytes of gzip's own headers, such as the name of a system, say nothing of what is in it: the SHA-256 has them.
        const checked = await checkArchive(damaged).then(
          ({ entry }) => entry.sha256,
          (error) => error.code,
        );
        if (checked.length === 64) expect(what).toMatch(/^flipped/);
        else expect(["ARCHIVE_DAMAGED"], what).toContain(checked);
        const got = await read().catch((error) => error.code);
        if (Array.isArray(got)) expect(got, what).toEqual(lines.slice(0, 25));
        else expect(got, what).toBe("ARCHIVE_DAMAGED");
      }
    }
  });

  test("in its gzip headers alone is another file for the store, which does not take it back", async () => {
    const bytes = readFileSync(file);
    bytes[9] = 3;
    writeFileSync(damaged, bytes);
    const log = await openLog(url, { archives: [file] });
    await expect(restoreArchive(log, damaged)).rejects.toMatchObject({ code: "ARCHIVE_MISMATCH" });
    expect((await allEvents(log)).length).toBe(30);
    await log.close();
  });

  test.each([
    ["a folder", ".", "STORAGE_UNREADABLE"],
    ["nothing", "none.jsonl.gz", "ARCHIVE_NOT_FOUND"],
    ["a database", "s.db", "ARCHIVE_DAMAGED"],
    ["an empty file", "empty", "ARCHIVE_DAMAGED"],
  ])("%s is no archive", async (_what, name, code) => {
    writeFileSync(join(folder, "empty"), "");
    await expect(checkArchive(join(folder, name))).rejects.toMatchObject({ code });
  });
});

test("a file that is not at hand is named, and found again where it is put", async () => {
  const elsewhere = tempDir();
  const log = await openLog(url);
  const moved = join(elsewhere, "a.jsonl.gz");
  writeFileSync(moved, readFileSync(file));
  const state = async (places: string[]) => (await archiveStates(log, places))[0]?.foundAt;
  expect(await state([])).toBe(file);
  await log.close();
  rmSync(file);
  const without = await openLog(url);
  await expect(allEvents(without)).rejects.toMatchObject({
    code: "ARCHIVED",
    message: expect.stringContaining("a.jsonl.gz"),
  });
  await without.close();
  for (const archives of [[moved], [elsewhere]]) {
    const log = await openLog(url, { archives });
    expect(await linesOf(log)).toEqual(lines);
    await log.close();
  }
});
