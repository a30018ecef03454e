import { readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { ACTOR, allEvents, appendCount, event, linesOf } from "../../src/conformance/target.js";
import { IN_MEMORY } from "../support/temp.js";
import { fixedEntropy, freshPath, offsetsOf, open, openNoticed } from "./jsonl-fixture.js";

/** A log of two whole appends and, behind `whole` bytes, a third one of three events. */
async function threeAppends(): Promise<{ path: string; bytes: Buffer; whole: number }> {
  const path = freshPath();
  const log = await open(path, { entropy: fixedEntropy() });
  await appendCount(log, "session-a", 2);
  const whole = readFileSync(path).length;
  await log.append(
    { stream: "session-b", events: [event("t", "é"), event("t", { n: 1 }), event("t", "\u2028")] },
    ACTOR,
  );
  await log.close();
  return { path, bytes: readFileSync(path), whole };
}

function tornFiles(path: string): string[] {
  const folder = dirname(path);
  return readdirSync(folder)
    .filter((name) => name.includes(".torn-"))
    .map((name) => join(folder, name));
}

test("a log cut at any byte of its last append opens with the appends before it, and the cut bytes lie beside it", {
  timeout: 60_000,
}, async () => {
  const { bytes, whole } = await threeAppends();
  for (let size = whole + 1; size < bytes.length - 1; size++) {
    const path = freshPath(IN_MEMORY);
    writeFileSync(path, bytes.subarray(0, size));
    const { log, notices } = await openNoticed(path, { entropy: fixedEntropy(50) });
    expect(offsetsOf(await allEvents(log)), `cut at ${size}`).toEqual([1, 2]);
    expect(notices.map(({ code }) => code)).toEqual(["TORN_TAIL_MOVED"]);
    expect(readFileSync(path).equals(bytes.subarray(0, whole))).toBe(true);
    const saved = tornFiles(path);
    expect(saved).toHaveLength(1);
    expect(readFileSync(saved[0] as string).equals(bytes.subarray(whole, size))).toBe(true);
    if (size % 50 === 0) {
      await log.append({ stream: "session-b", expectedVersion: 0, events: [event()] }, ACTOR);
      expect(offsetsOf(await allEvents(log))).toEqual([1, 2, 3]);
    }
    await log.close();
  }
});

test("an append that has lost only its last line end, in an editor or a crash, is not lost: the end is put back", async () => {
  const { path, bytes } = await threeAppends();
  truncateSync(path, bytes.length - 1);
  const { log, notices } = await openNoticed(path, { entropy: fixedEntropy(50) });
  expect(notices.map(({ code }) => code)).toEqual(["LINE_END_RESTORED"]);
  expect(readFileSync(path).equals(bytes)).toBe(true);
  expect(offsetsOf(await allEvents(log))).toEqual([1, 2, 3, 4, 5]);
  await appendCount(log, "session-c", 1);
  expect((await allEvents(log)).at(-1)).toMatchObject({ offset: 6, stream: "session-c" });
  expect(tornFiles(path)).toEqual([]);
});

test("a log of one line that lost its end is whole again", async () => {
  const path = freshPath();
  const log = await open(path);
  await appendCount(log, "session-a", 1);
  await log.close();
  truncateSync(path, readFileSync(path).length - 1);
  expect(offsetsOf(await allEvents(await open(path)))).toEqual([1]);
});

test("a handle that is open meanwhile puts the line end back before it appends", async () => {
  const { path, bytes } = await threeAppends();
  const log = await open(path, { entropy: fixedEntropy(50) });
  truncateSync(path, bytes.length - 1);
  await appendCount(log, "session-c", 1);
  expect(offsetsOf(await allEvents(log))).toEqual([1, 2, 3, 4, 5, 6]);
});

test("a last line without its end whose text was changed is torn", async () => {
  const { path, bytes } = await threeAppends();
  const changed = Buffer.from(bytes.subarray(0, -1));
  changed[changed.lastIndexOf('"actor":"') + 10] = 0x2a;
  writeFileSync(path, changed);
  const { log, notices } = await openNoticed(path);
  expect(notices.map(({ code }) => code)).toEqual(["TORN_TAIL_MOVED"]);
  expect(offsetsOf(await allEvents(log))).toEqual([1, 2]);
});

test("where it may only be read, a last line without its end is told of as what it is", async () => {
  const { path, bytes } = await threeAppends();
  truncateSync(path, bytes.length - 1);
  const { log, notices } = await openNoticed(path, { readOnly: true });
  expect(notices).toMatchObject([{ code: "TORN_TAIL_IGNORED", message: expect.stringContaining("line end") }]);
  expect(offsetsOf(await allEvents(log))).toEqual([1, 2]);
  expect(readFileSync(path).length).toBe(bytes.length - 1);
});

test("NUL bytes behind the last line are torn off", async () => {
  const { path, bytes } = await threeAppends();
  writeFileSync(path, Buffer.concat([bytes, Buffer.alloc(70_000)]));
  const { log, notices } = await openNoticed(path);
  expect(offsetsOf(await allEvents(log))).toEqual([1, 2, 3, 4, 5]);
  expect(notices[0]?.details).toMatchObject({ bytes: 70_000, position: bytes.length });
  expect(readFileSync(path).equals(bytes)).toBe(true);
});

test("a last line that begins with zeros was never acknowledged, and is torn off", async () => {
  const { path, bytes, whole } = await threeAppends();
  writeFileSync(
    path,
    Buffer.concat([bytes.subarray(0, whole), Buffer.alloc(100), bytes.subarray(whole + 100)]).fill(
      0,
      bytes.length - 300,
      bytes.length - 200,
    ),
  );
  const { log, notices } = await openNoticed(path);
  expect(offsetsOf(await allEvents(log))).toEqual([1, 2]);
  expect(notices.map(({ code }) => code)).toEqual(["TORN_TAIL_MOVED"]);
});

test("half a line that has no whole line before it leaves an empty log", async () => {
  const { bytes } = await threeAppends();
  const path = freshPath();
  writeFileSync(path, bytes.subarray(0, 60));
  const { log, notices } = await openNoticed(path);
  expect(await linesOf(log)).toEqual([]);
  expect(notices).toHaveLength(1);
});

test("two torn tails at the same place in the same second are both kept", async () => {
  const { path, bytes, whole } = await threeAppends();
  for (const size of [whole + 5, whole + 9]) {
    writeFileSync(path, bytes.subarray(0, size));
    await (await open(path)).close();
  }
  expect(
    tornFiles(path)
      .map((name) => readFileSync(name).length)
      .sort(),
  ).toEqual([5, 9]);
});

test("a file that never was a log is refused and left as it is", async () => {
  for (const content of ['{"sessions":[]}', "hello", "# notes\nwithout a newline at the end"]) {
    const path = freshPath();
    writeFileSync(path, content);
    await expect(open(path)).rejects.toThrow();
    expect(readFileSync(path, "utf8")).toBe(content);
    expect(tornFiles(path)).toEqual([]);
  }
});

test("while a writer holds the lock, an unfinished append is not torn and nobody touches it", async () => {
  const { path, bytes, whole } = await threeAppends();
  const { FileLock } = await import("../../src/files/file-lock.js");
  const writer = new FileLock(`${path}.lock`, 1000);
  truncateSync(path, bytes.length - 20);
  await writer.hold(async () => {
    const { log, notices } = await openNoticed(path);
    expect(offsetsOf(await allEvents(log))).toEqual([1, 2]);
    expect((await log.tail()).offset).toBe(2);
    expect(notices).toEqual([]);
    expect(readFileSync(path).length).toBe(bytes.length - 20);
    writeFileSync(path, bytes);
    expect((await log.tail()).offset).toBe(5);
  });
  writer.close();
  expect(whole).toBeLessThan(bytes.length);
});
