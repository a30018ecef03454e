import { expect, test } from "vitest";
import { HeldSnapshots } from "../../src/replay/held-snapshots.js";
import { fc } from "../support/fast-check.js";

const PAGE_EVENTS = 1_000;
const LIMIT_BYTES = 512 * 1024 * 1024;
const CHARS = "x".repeat(32 * 1024 * 1024);

interface Page {
  readonly text: string;
}

/** Pages of a log, each of which changes one of `count` documents; snapshots are taken where they are due. */
function heldAfter(pages: number, count: number, megabytes: number): Map<number, ReadonlyMap<string, Page>> {
  const held = new HeldSnapshots<Page>();
  const documents = new Map<string, Page>();
  const changed = new Map<string, Page>();
  held.spreadOver(PAGE_EVENTS);
  for (let page = 1; page <= pages; page++) {
    const document = { text: CHARS.slice(0, megabytes * 1024 * 1024) };
    for (const map of [documents, changed]) map.set(`${page % count}`, document);
    const offset = page * PAGE_EVENTS;
    if (!held.isDue(offset)) continue;
    const versions = new Map(Array.from(documents.keys(), (id) => [id, page]));
    const checkpoint = { offset, hash: "", recordedAt: "" };
    held.hold({ documents: new Map(documents), versions, checkpoint, changed: [...changed.values()] });
    changed.clear();
  }
  const all = new Map<number, ReadonlyMap<string, Page>>();
  for (let offset = 0; offset <= pages * PAGE_EVENTS; offset += PAGE_EVENTS) {
    const nearest = held.nearest(offset);
    if (nearest !== undefined) all.set(nearest.checkpoint.offset, nearest.documents);
  }
  return all;
}

test("law: what is held together fits the limit, whichever documents changed between snapshots that made room", () => {
  const runs = fc.property(
    fc.nat(200),
    fc.integer({ min: 1, max: 9 }),
    fc.integer({ min: 1, max: 32 }),
    (...history) => {
      const held = heldAfter(...history);
      const distinct = new Set([...held.values()].flatMap((documents) => [...documents.values()]));
      const bytes = [...distinct].reduce((sum, { text }) => sum + text.length, 0);
      expect(bytes).toBeLessThanOrEqual(LIMIT_BYTES);
    },
  );
  fc.assert(runs, { numRuns: 25 });
}, 60_000);

test("small states are kept as often as 64 times, evenly spread over the log, up to its end", () => {
  const offsets = [...heldAfter(1_000, 3, 0).keys()];
  expect(offsets.length).toBeGreaterThan(32);
  expect(offsets.length).toBeLessThanOrEqual(64);
  const gaps = [...offsets, 1_000 * PAGE_EVENTS].map((offset, i) => offset - (offsets[i - 1] ?? 0));
  expect(Math.max(...gaps)).toBeLessThanOrEqual(1_000_000 / 32 + PAGE_EVENTS);
});

test("a state that is larger than the limit is kept alone", () => {
  expect([...heldAfter(60, 20, 32).values()].length).toBe(1);
});
