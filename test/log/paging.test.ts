import { expect, test } from "vitest";
import type { SealedEvent } from "../../src/log/event.js";
import { eventsOf } from "../../src/log/paging.js";

const event = (offset: number) => ({ offset }) as SealedEvent;

/** Pages, and whether somebody has told them that no more is wanted. */
async function* pagesOf(pages: number[][], state: { closed: boolean }, failure?: Error) {
  try {
    for (const page of pages) yield page.map(event);
    if (failure !== undefined) throw failure;
  } finally {
    state.closed = true;
  }
}

async function offsetsOf(events: AsyncIterable<SealedEvent>, limit = Number.POSITIVE_INFINITY): Promise<number[]> {
  const offsets: number[] = [];
  for await (const { offset } of events) {
    offsets.push(offset);
    if (offsets.length === limit) break;
  }
  return offsets;
}

test("every event of every page comes once, in order, also behind an empty page", async () => {
  const state = { closed: false };
  expect(await offsetsOf(eventsOf(pagesOf([[1, 2], [], [], [3], [4, 5]], state)))).toEqual([1, 2, 3, 4, 5]);
  expect(await offsetsOf(eventsOf(pagesOf([], state)))).toEqual([]);
});

test("who stops early closes the pages, and gets no more", async () => {
  for (const limit of [1, 2, 3]) {
    const state = { closed: false };
    const events = eventsOf(
      pagesOf(
        [
          [1, 2],
          [3, 4],
        ],
        state,
      ),
    );
    expect(await offsetsOf(events, limit)).toEqual([1, 2, 3].slice(0, limit));
    expect(state.closed).toBe(true);
    expect(await events.next()).toEqual({ value: undefined, done: true });
  }
});

test("an error of the pages comes in its place, and ends the events", async () => {
  const state = { closed: false };
  const events = eventsOf(pagesOf([[1]], state, new Error("the disk is gone")));
  expect((await events.next()).value?.offset).toBe(1);
  await expect(events.next()).rejects.toThrow("the disk is gone");
  expect(await events.next()).toEqual({ value: undefined, done: true });
});
