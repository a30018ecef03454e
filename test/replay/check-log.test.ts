import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { ACTOR, event } from "../../src/conformance/target.js";
import { IntegrityError } from "../../src/errors.js";
import { ChainCheck } from "../../src/log/chain-check.js";
import { recomputeHash, SealedEvent } from "../../src/log/event.js";
import { decodeLine, encodeLine } from "../../src/log/event-line.js";
import type { EventLog } from "../../src/log/event-log.js";
import { checkShares } from "../../src/log/jsonl/check-shares.js";
import { JsonlLog } from "../../src/log/jsonl/jsonl-log.js";
import { checkLog } from "../../src/replay/check-log.js";
import { PageCheck } from "../../src/replay/page-check.js";
import { BYTE_DAMAGES, LINE_DAMAGES } from "../faults/damage.js";
import { fc } from "../support/fast-check.js";
import { IN_MEMORY, tempDir } from "../support/temp.js";

const COUNT = 120;
let whole: Buffer;

/** Of several streams, some of which begin late; lines of all forms; one was redacted. */
beforeAll(async () => {
  const path = join(tempDir(IN_MEMORY), "s.jsonl");
  const log = await JsonlLog.open(path);
  for (let i = 0; i < COUNT / 2 - 1; i++) {
    const more = { meta: { reason: i % 3 === 0 ? "plain" : 'é"\\', nested: { i } } };
    const stream = `session-${i < 30 ? i % 5 : i % 11}`;
    await log.append({ stream, events: [event("test.happened", { i, text: "é🚀" }, more), event()] }, ACTOR);
  }
  await log.append({ stream: "session-é", events: [event()] }, ACTOR);
  await log.redact({ offsets: [3, 57, 90] }, ACTOR);
  expect((await log.tail()).offset).toBe(COUNT);
  await log.close();
  whole = readFileSync(path);
});

/** The same log, of which another hand checks a part; in this thread, in the place of one of its own. */
function withOtherHand(log: JsonlLog): EventLog {
  const checkPart: NonNullable<EventLog["checkPart"]> = (shares) => {
    const part = checkShares(log, shares);
    return { part: () => part, close: async () => void (await part) };
  };
  return new Proxy<EventLog>(log, {
    get: (target, name) => {
      if (name === "checkPart") return checkPart;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

async function outcome(log: EventLog, to: number, maxShares: number) {
  const check = new PageCheck(new ChainCheck(), { versionBefore: () => 0 });
  const seen: number[] = [];
  const witness = {
    page: (events: readonly SealedEvent[]) => void seen.push(...events.map(({ offset }) => offset)),
    part: ({ from, to }: { from: number; to: number }) => {
      for (let offset = from; offset <= to; offset++) seen.push(offset);
    },
  };
  let fault: unknown;
  try {
    await checkLog(log, check, to, witness, { minEvents: 2, minShareEvents: 1, maxShares });
  } catch (error) {
    if (!(error instanceof IntegrityError)) throw error;
    fault = { code: error.code, message: error.message, offset: error.offset };
  }
  expect(seen).toEqual(Array.from(seen, (_, i) => i + 1)); // each once
  const { tail } = check;
  if (fault === undefined) expect(seen).toHaveLength(to);
  return { tail, fault };
}

/** What one walk says of the file, and what is said where somebody else checks a part. */
async function bothOf(bytes: Buffer, maxShares: number) {
  const path = join(tempDir(IN_MEMORY), "s.jsonl");
  writeFileSync(path, bytes);
  const log = await JsonlLog.open(path, { readOnly: true }).catch(() => undefined);
  if (log === undefined) return undefined;
  try {
    const end = await log.tail().catch(() => undefined);
    if (end === undefined) return undefined;
    const walked = await outcome(log, end.offset, maxShares);
    return { walked, shared: await outcome(withOtherHand(log), end.offset, maxShares) };
  } finally {
    await log.close();
  }
}

describe("a log of which another hand checks a part", () => {
  test("is right where it is right", async () => {
    for (const shares of [1, 2, 5, 16]) {
      const both = await bothOf(whole, shares);
      expect(both?.shared).toEqual(both?.walked);
      expect(both?.walked).toMatchObject({ tail: { offset: COUNT }, fault: undefined });
    }
  });

  test("law: any damage is named as one walk names it", { timeout: 120_000 }, async () => {
    const damages = fc.array(
      fc.tuple(
        fc.constantFrom(...BYTE_DAMAGES, ...LINE_DAMAGES),
        fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
      ),
      { minLength: 1, maxLength: 3 },
    );
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(damages, fc.integer({ min: 1, max: 16 }), async (list, shares) => {
        let bytes = whole;
        for (const [damage, values] of list) bytes = damage.apply(bytes, () => values.next().value as number);
        const both = await bothOf(bytes, shares);
        if (both === undefined) return;
        compared++;
        expect(both.shared.fault).toEqual(both.walked.fault);
        // Where a whole page cannot be read, the smaller pieces of shares may have told more of what is right before it.
        expect(both.shared.tail.offset).toBeGreaterThanOrEqual(both.walked.tail.offset);
        if (both.shared.tail.offset === both.walked.tail.offset) expect(both.shared.tail).toEqual(both.walked.tail);
      }),
      { numRuns: 300 },
    );
    expect(compared).toBeGreaterThan(100);
  });

  test("law: an event that was forged with hashes that fit is named as one walk names it", async () => {
    const lines = whole.toString().trimEnd().split("\n");
    const forge = fc.record({
      at: fc.nat(COUNT - 2),
      change: fc.constantFrom<(one: SealedEvent) => Partial<SealedEvent>>(
        ({ version }) => ({ version: version + 1 }),
        ({ version }) => ({ version: Math.max(1, version - 1) }),
        () => ({ stream: "session-3" }),
        () => ({ stream: "session-new" }),
        () => ({ recordedAt: "2001-01-01T00:00:00.000Z" }),
        () => ({ recordedAt: "2101-01-01T00:00:00.000Z" }),
        ({ offset }) => ({ commit: Math.max(1, offset - 1) }),
      ),
    });
    await fc.assert(
      fc.asyncProperty(forge, fc.integer({ min: 1, max: 16 }), async ({ at, change }, shares) => {
        const both = await bothOf(Buffer.from(rechained(lines, at, change)), shares);
        if (both !== undefined) expect(both.shared).toEqual(both.walked);
      }),
      { numRuns: 150 },
    );
  });
});

/** The lines, from one of them on with hashes that were computed again: only place, time and version can be wrong. */
function rechained(lines: readonly string[], at: number, change: (one: SealedEvent) => Partial<SealedEvent>): string {
  let prev = at === 0 ? "0".repeat(64) : decodeLine(lines[at - 1] as string).hash;
  return lines
    .map((line, i) => {
      if (i < at) return `${line}\n`;
      const one = decodeLine(line);
      const changed = new SealedEvent({ ...one, ...(i === at ? change(one) : {}) });
      prev = recomputeHash(prev, changed);
      return encodeLine(new SealedEvent({ ...changed, hash: prev }));
    })
    .join("");
}
