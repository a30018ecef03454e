import { existsSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { ACTOR, allEvents, appendCount, event } from "../../src/conformance/target.js";
import { EMPTY_TAIL } from "../../src/log/seal.js";
import { freshPath, open } from "./jsonl-fixture.js";

const one = () => ({ stream: "session-a", events: [event()] });

/** A closed log of one event. */
async function written(): Promise<string> {
  const path = freshPath();
  const log = await open(path);
  await log.append(one(), ACTOR);
  await log.close();
  return path;
}

const begun = (path: string) => JSON.parse(readFileSync(`${path}.manifest.json`, "utf8")).begun === true;

describe("a log that somebody has emptied is refused, and is no new one", () => {
  test.each([
    ["all of it", 0],
    ["all but half a line", 40],
  ])("%s", async (_what, bytes) => {
    const path = await written();
    truncateSync(path, bytes);
    const beside = readdirSync(dirname(path));
    for (const options of [{}, { readOnly: true }, { mustExist: true }]) {
      await expect(open(path, options)).rejects.toMatchObject({
        code: "LOG_EMPTIED",
        name: "IntegrityError",
        hint: expect.stringContaining(`mv ${path} ${path}.emptied`),
      });
    }
    expect([readFileSync(path).length, readdirSync(dirname(path))]).toEqual([bytes, beside]);
  });

  test("while a handle is open: nothing is appended, and it does not read as an empty one", async () => {
    const path = await written();
    const log = await open(path);
    await log.append(one(), ACTOR);
    truncateSync(path, 0);
    const refused = { code: "LOG_EMPTIED" };
    await expect(log.append(one(), ACTOR)).rejects.toMatchObject(refused);
    await expect(log.tail()).rejects.toMatchObject(refused);
    await expect(allEvents(log)).rejects.toMatchObject(refused);
    await expect(log.readStream("session-a").next()).rejects.toMatchObject(refused);
    expect(readFileSync(path)).toHaveLength(0);
  });

  test("and with its bytes back it goes on", async () => {
    const path = await written();
    const bytes = readFileSync(path);
    const log = await open(path);
    truncateSync(path, 0);
    await expect(log.tail()).rejects.toMatchObject({ code: "LOG_EMPTIED" });
    writeFileSync(path, bytes);
    expect((await log.append(one(), ACTOR)).lastOffset).toBe(2);
  });

  test("also one that was written by sealed events, and cut back to its first", async () => {
    const events = await allEvents(await open(await written()));
    const path = freshPath();
    const log = await open(path);
    await log.appendSealed(events);
    await log.append(one(), ACTOR);
    await log.truncateAfter(1, await log.tail());
    truncateSync(path, 0);
    await expect(log.tail()).rejects.toMatchObject({ code: "LOG_EMPTIED" });
  });
});

describe("a log that is empty by right opens, and begins at 1", () => {
  const beginsAnew = async (path: string) => {
    const log = await open(path);
    expect(await log.tail()).toEqual(EMPTY_TAIL);
    expect((await log.append(one(), ACTOR)).lastOffset).toBe(1);
    expect(begun(path)).toBe(true);
  };

  test("one that was cut back to nothing, for who has it open and who opens it", async () => {
    const path = await written();
    const [log, other] = [await open(path), await open(path)];
    await log.truncateAfter(0, await log.tail());
    expect([begun(path), await other.tail()]).toEqual([false, EMPTY_TAIL]);
    await beginsAnew(path);
    expect((await other.tail()).offset).toBe(1);
  });

  test("one whose file was removed, or moved away, with what stands beside it left behind", async () => {
    const path = await written();
    rmSync(path);
    await beginsAnew(path);
    renameSync(path, `${path}.old`);
    await beginsAnew(path);
    expect(existsSync(`${path}.old`)).toBe(true);
  });

  test("one whose writer got no further than making the file again", async () => {
    const path = await written();
    rmSync(path);
    const log = await open(path);
    // Refused behind the making of the file, before anything is written.
    await expect(log.append({ ...one(), expectedVersion: 7 }, ACTOR)).rejects.toMatchObject({
      code: "VERSION_CONFLICT",
    });
    expect(readFileSync(path)).toHaveLength(0);
    await log.close();
    await beginsAnew(path);
  });

  test("an empty file without a manifest, and one of a first append that was torn", async () => {
    const path = freshPath();
    writeFileSync(path, "");
    await beginsAnew(path);
    const torn = freshPath();
    writeFileSync(torn, '{"v":1,"offset":1,"comm');
    await beginsAnew(torn);
  });
});

test("readers that look while the first append is written never take the log for an emptied one", async () => {
  for (let i = 0; i < 20; i++) {
    const path = freshPath();
    const [log, other] = [await open(path), await open(path)];
    writeFileSync(path, "");
    const appended = appendCount(log, "session-a", 1);
    for (let looks = 0; looks < 5; looks++) await other.tail();
    await appended;
    expect((await other.tail()).offset).toBe(1);
  }
});

test("a manifest of before says that the log has begun at its next append, and only once", async () => {
  const path = await written();
  writeFileSync(`${path}.manifest.json`, '{"format":1,"lock":"ofd"}\n');
  const log = await open(path);
  await log.append(one(), ACTOR);
  expect(begun(path)).toBe(true);
  const text = readFileSync(`${path}.manifest.json`);
  await log.append(one(), ACTOR);
  expect(readFileSync(`${path}.manifest.json`)).toEqual(text);
});
