import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { countingEntropy } from "../../src/conformance/target.js";
import { ChainCheck } from "../../src/log/chain-check.js";
import { SealedEvent, type SealedFields, storedDataHash } from "../../src/log/event.js";
import { decodeLine, encodeLine, lineBytes } from "../../src/log/event-line.js";
import { GENESIS_HASH } from "../../src/log/hash-chain.js";
import { prepareAppend } from "../../src/log/prepare.js";
import { EMPTY_TAIL, seal } from "../../src/log/seal.js";
import { fc } from "../support/fast-check.js";

const GOLDEN = new URL("../golden/log-v1.jsonl", import.meta.url);

function sealed(data: unknown, meta: Record<string, never> = {}): SealedEvent {
  const prepared = prepareAppend(
    [{ stream: "session-a", events: [{ type: "t", data, meta }] }],
    { actor: "a" },
    countingEntropy(),
  );
  const none = { versionOf: () => 0, eventById: () => undefined };
  return seal(EMPTY_TAIL, [prepared], none, new Date(0)).events[0] as SealedEvent;
}

describe("format 1", () => {
  const lines = readFileSync(GOLDEN, "utf8").split("\n").slice(0, -1);

  test("the golden file decodes, verifies and encodes to the same bytes", () => {
    const check = new ChainCheck();
    for (const line of lines) {
      const event = decodeLine(line);
      expect(check.next(event, () => 0)).toBeUndefined();
      expect(encodeLine(event)).toBe(`${line}\n`);
    }
    expect(check.tail.offset).toBe(lines.length);
  });

  test("anyone can check a line with sha256sum", () => {
    const sha256sum = (text: string) => execFileSync("sha256sum", { input: text }).toString().slice(0, 64);
    const line = JSON.parse(lines[0] as string);
    // The golden data and meta are flat and sorted, so plain JSON.stringify is canonical here.
    const dataHash = sha256sum(`${line.salt}\n${JSON.stringify(line.data)}`);
    const { actor, id, meta, stream, type } = line;
    const bodyText = JSON.stringify({
      actor,
      dataHash,
      id,
      meta,
      stream,
      type,
    });
    const text = `${GENESIS_HASH}\n${line.offset}\n${line.version}\n${line.recordedAt}\n${bodyText}`;
    expect(sha256sum(text)).toBe(line.hash);
  });
});

test("any event comes back from its line as it was", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue()), (data, meta) => {
      const event = sealed(data, meta as Record<string, never>);
      const line = encodeLine(event);
      expect(encodeLine(decodeLine(line, 0, line.length - 1))).toBe(line);
    }),
  );
});

test("a line is read out of the middle of a text", () => {
  const line = encodeLine(sealed({ a: 1 }));
  expect(decodeLine(`garbage\n${line}more`, 8, 8 + line.length - 1).data).toEqual({ a: 1 });
});

test("a redacted event keeps only the hash of its data", () => {
  const event = new SealedEvent({
    ...sealed({ a: 1 }),
    dataText: null,
    salt: null,
    dataHash: "e".repeat(64),
  });
  const back = decodeLine(encodeLine(event).slice(0, -1));
  expect([back.redacted, back.data, back.dataHash, back.salt]).toEqual([true, undefined, "e".repeat(64), null]);
});

test.each([
  ["not JSON", "LINE_DAMAGED", (line: string) => line.slice(0, -5)],
  ["JSON, but no event", "LINE_DAMAGED", () => '{"a":1}'],
  ["empty", "LINE_DAMAGED", () => ""],
  ["a newer format", "LINE_FORMAT_UNKNOWN", (line: string) => line.replace('"v":1', '"v":2')],
  ["offset 0", "LINE_DAMAGED", (line: string) => line.replace('"offset":1', '"offset":0').replace('"v":1', ' "v":1')],
  ["no hash", "LINE_DAMAGED", (line: string) => line.replace(/"hash":"[0-9a-f]+",/, "")],
  ["a salt that is none", "LINE_DAMAGED", (line: string) => line.replace('"salt":"0', ' "salt":"g')],
  ["text behind the line", "LINE_DAMAGED", (line: string) => `${line}x`],
])("a line that is %s is refused", (_what, code, damage) => {
  const line = encodeLine(sealed({ a: 1 })).slice(0, -1);
  expect(() => decodeLine(damage(line))).toThrowError(expect.objectContaining({ code }));
});

test("damaged data inside a line of the right form is named when it is read", () => {
  const line = encodeLine(sealed({ a: 1 }))
    .slice(0, -1)
    .replace('{"a":1}', '{"a":x}');
  expect(() => decodeLine(line).data).toThrowError(expect.objectContaining({ code: "EVENT_DAMAGED", offset: 1 }));
});

test("the bytes of a line are known without writing it, whatever stands in it, also after its data was erased", () => {
  const name = fc.string({ unit: "binary", minLength: 1 });
  const number = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
  fc.assert(
    fc.property(name, name, name, fc.jsonValue(), number, number, (stream, type, actor, data, offset, version) => {
      const event: SealedFields = { ...sealed(data, { é: "🚀" } as never), stream, type, actor, offset, version };
      const erased = { ...event, dataText: null, salt: null, dataHash: storedDataHash(event) };
      for (const one of [event, erased]) expect(lineBytes(one)).toBe(Buffer.byteLength(encodeLine(one)));
    }),
    { numRuns: 500 },
  );
});
