import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ACTOR, allEvents, appendCount, event } from "../../src/conformance/target.js";
import type { IntegrityError } from "../../src/errors.js";
import { freshPath, offsetsOf, open } from "./jsonl-fixture.js";

const COUNT = 2000;

/** A log of many lines, changed by `change` (which gets its lines without newlines). */
async function changedLog(change: (lines: string[]) => Buffer | string, count = COUNT): Promise<string> {
  const path = freshPath();
  const log = await open(path);
  await log.append(
    { stream: "session-a", events: Array.from({ length: count }, (_, i) => event("t", { i, u: "\u2028 é" })) },
    ACTOR,
  );
  await log.close();
  writeFileSync(path, change(readFileSync(path, "utf8").split("\n").slice(0, -1)));
  return path;
}

function byteOfLine(path: string, line: number): number {
  const bytes = readFileSync(path);
  let at = 0;
  for (let i = 1; i < line; i++) at = bytes.indexOf(0x0a, at) + 1;
  return at;
}

const join = (lines: string[]) => `${lines.join("\n")}\n`;
const replaced = (line: number, text: (old: string) => string) => (lines: string[]) =>
  join(lines.with(line - 1, text(lines[line - 1] as string)));

describe("a damaged line in the middle is an error that names it", () => {
  test.each([
    ["is not JSON", "LINE_DAMAGED", (old: string) => `${old.slice(0, 40)}#${old.slice(40)}`],
    ["was cut short", "LINE_DAMAGED", (old: string) => old.slice(0, 60)],
    ["is empty", "LINE_DAMAGED", () => ""],
    ["holds another offset", "LINE_DAMAGED", (old: string) => old.replace(/"offset":\d+/, '"offset":7')],
    ["has a newer format", "LINE_FORMAT_UNKNOWN", (old: string) => old.replace('{"v":1,', '{"v":2,')],
    ["is other JSON", "LINE_DAMAGED", () => '{"hello":"world"}'],
    ["ends with CR LF", "LINE_DAMAGED", (old: string) => `${old}\r`],
    ["holds a NUL byte", "LINE_DAMAGED", (old: string) => `\u0000\u0000\u0000${old.slice(3)}`],
  ])("a line that %s", async (_what, code, change) => {
    const path = await changedLog(replaced(1500, change));
    const log = await open(path);
    const byte = byteOfLine(path, 1500);
    const facts = {
      code,
      offset: 1500,
      line: 1500,
      byte,
      hint: expect.stringContaining("sessiondb doctor --store jsonl:"),
    };
    await expect(allEvents(log)).rejects.toMatchObject(facts);
    await expect(allEvents(log)).rejects.toThrow(new RegExp(`line 1500.*byte ${byte}|byte ${byte}.*line 1500`));
    for (let i = 0; i < 2; i++) {
      await expect(log.append({ stream: "session-a", events: [event()] }, ACTOR), "an append").rejects.toMatchObject(
        facts,
      );
      await expect(log.readStream("session-a").next(), "a stream read").rejects.toMatchObject(facts);
    }
    expect(readFileSync(path, "utf8").endsWith("\n")).toBe(true);
  });

  test("bytes that are not UTF-8", async () => {
    const path = await changedLog((lines) => {
      const bytes = Buffer.from(join(lines));
      bytes[bytes.indexOf(Buffer.from('"i":1499'))] = 0xff;
      return bytes;
    });
    const log = await open(path);
    await expect(allEvents(log)).rejects.toMatchObject({
      code: "LINE_DAMAGED",
      line: 1500,
      byte: byteOfLine(path, 1500),
    });
  });

  test("reading pages before the damage works; after it the error comes", async () => {
    const path = await changedLog(replaced(1500, () => "x"));
    const log = await open(path);
    expect(offsetsOf(await allEvents(log, { to: 1499 })).at(-1)).toBe(1499);
    expect(offsetsOf(await allEvents(log, { from: 10, to: 12 }))).toEqual([10, 11, 12]);
    expect(offsetsOf(await allEvents(log, { from: 1501, to: 1503 }))).toEqual([1501, 1502, 1503]);
  });

  test("two lines that changed places, and a line that is missing", async () => {
    const swapped = await open(
      await changedLog((lines) => join(lines.with(9, lines[10] as string).with(10, lines[9] as string))),
    );
    await expect(allEvents(swapped)).rejects.toMatchObject({ code: "LINE_DAMAGED", line: 10 });
    const missing = await open(await changedLog((lines) => join(lines.toSpliced(9, 1))));
    await expect(allEvents(missing)).rejects.toMatchObject({ code: "LINE_DAMAGED", line: 10 });
  });
});

describe("a damaged last line with its newline is damage, not a torn tail", () => {
  test.each([
    ["is not JSON", "LINE_DAMAGED", (old: string) => old.slice(0, -9)],
    ["has another hash", "CHAIN_BROKEN", (old: string) => old.replace(/"hash":"[0-9a-f]{8}/, '"hash":"00000000')],
    ["has changed data", "CHAIN_BROKEN", (old: string) => old.replace('"i":9', '"i":8')],
    ["ends with CR LF", "LINE_DAMAGED", (old: string) => `${old}\r`],
  ])("it %s", async (_what, code, change) => {
    const path = await changedLog(replaced(10, change), 10);
    const before = readFileSync(path);
    await expect(open(path)).rejects.toMatchObject({ code, byte: byteOfLine(path, 10) });
    expect(readFileSync(path).equals(before)).toBe(true);
  });
});

describe("what editors and copies do to a file is named", () => {
  test("a byte order mark", async () => {
    const path = await changedLog((lines) => `\ufeff${join(lines)}`, 3);
    const reading = open(path).then(allEvents);
    await expect(reading).rejects.toMatchObject({ code: "LINE_DAMAGED", line: 1 });
    await expect(open(path).then(allEvents)).rejects.toThrow(/byte order mark/);
  });

  test("CR LF in every line", async () => {
    const path = await changedLog((lines) => `${lines.join("\r\n")}\r\n`, 3);
    await expect(open(path).then(allEvents)).rejects.toThrow(/CR ?LF/);
  });

  test.each([
    ["CR for every line end", 3, (lines: string[]) => `${lines.join("\r")}\r`, /ends with CR/],
    ["CR for the end of its only line", 1, ([line]: string[]) => `${line}\r`, /ends with CR/],
    ["CR for the line ends but the last", 3, (lines: string[]) => `${lines.join("\r")}\n`, /CR, without a line feed/],
    ["no line ends", 3, (lines: string[]) => lines.join(""), /the line ends are gone/],
  ])("%s: nothing is moved aside as an append that was never finished", async (_what, count, change, said) => {
    for (const manifest of [true, false]) {
      const path = await changedLog(change, count);
      if (!manifest) rmSync(`${path}.manifest.json`);
      const before = readFileSync(path);
      await expect(open(path).then(allEvents)).rejects.toMatchObject({ code: "LINE_DAMAGED", line: 1 });
      await expect(open(path).then(allEvents)).rejects.toThrow(said);
      expect(readFileSync(path)).toEqual(before);
    }
  });

  test("CR for every line end: the hint puts them back, and the log is whole", async () => {
    const path = await changedLog((lines) => `${lines.join("\r")}\r`, 3);
    const error = await open(path).catch((refused: IntegrityError) => refused as IntegrityError);
    const { undo = "" } = error as IntegrityError;
    writeFileSync(path, execFileSync("sh", ["-c", undo]));
    expect(await allEvents(await open(path))).toHaveLength(3);
  });
});

test("a damaged manifest names what to do; another lock kind and a newer format are refused", async () => {
  const path = await changedLog(join, 3);
  const manifest = `${path}.manifest.json`;
  expect(JSON.parse(readFileSync(manifest, "utf8"))).toEqual({ format: 1, lock: "ofd", begun: true });
  for (const [text, code] of [
    ['{"format":1,"lock":"sqlite"}', "LOCK_KIND_UNKNOWN"],
    ['{"format":4,"lock":"ofd"}', "LOG_FORMAT_NEWER"],
    ["{", "MANIFEST_INVALID"],
  ] as const) {
    writeFileSync(manifest, text);
    await expect(open(path)).rejects.toMatchObject({ code, hint: expect.any(String) });
    expect(readFileSync(manifest, "utf8")).toBe(text);
  }
});

test("a damaged manifest of a log that is one file: what its hint writes mends it", async () => {
  const path = await changedLog(join, 3);
  const manifest = `${path}.manifest.json`;
  writeFileSync(manifest, "{");
  const { hint = "" } = await open(path).catch((error) => error);
  writeFileSync(manifest, /write (\{.*\}) into it/.exec(hint)?.[1] ?? "");
  expect(await allEvents(await open(path))).toHaveLength(3);
});

test("U+2028 inside data does not end a line", async () => {
  const log = await open(await changedLog(join, 3));
  await appendCount(log, "session-b", 1);
  expect(offsetsOf(await allEvents(log))).toEqual([1, 2, 3, 4]);
});

test("a file that somebody has put together of a log and its own beginning is refused, not read as the beginning", async () => {
  const path = await changedLog((lines) => join([...lines, ...lines]), 3);
  const log = await open(path);
  const refused = { code: "LINE_DAMAGED", line: 4 };
  await expect(allEvents(log)).rejects.toMatchObject(refused);
  const before = readFileSync(path);
  await expect(appendCount(log, "session-a", 1)).rejects.toMatchObject(refused);
  expect(readFileSync(path).equals(before)).toBe(true);
});
