import { setImmediate as nextTurn } from "node:timers/promises";
import { chainBroken } from "../log/chain-check.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import type { PageCheck } from "./page-check.js";

/**
 * Reads on behind what `check` was given, up to `to` (inclusive), checks it, and hands it out before all of its hashes are
 * known: up to `check.tail` it is right, and all of it where this comes to its end. Who finds fault with an event himself
 * asks `check.settle` first, because a wrong hash before it explains more. Between two pages the rest of the program gets a
 * turn. No page is empty.
 *
 * Memory grows with the number of streams, not of events.
 *
 * @throws IntegrityError CHAIN_BROKEN naming the first event that is wrong, or that is not there; whatever reading throws,
 *   where nothing before it is wrong
 */
export async function* checkPages(
  log: EventLog,
  check: PageCheck,
  to: number,
): AsyncGenerator<readonly SealedEvent[], void, undefined> {
  try {
    for await (const page of log.readAll({ from: check.added.offset + 1, to })) {
      await check.add(page);
      yield page;
      await nextTurn(); // pages may come without a turn of the event loop, and a signal must be heard
    }
  } catch (error) {
    await check.settle();
    throw error;
  }
  await check.settle();
  const { offset } = check.tail;
  if (offset < to) throw chainBroken(offset + 1, `the log${check.where} ends at ${offset}, its tail says ${to}`);
}
