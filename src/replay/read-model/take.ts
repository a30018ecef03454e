import { UnavailableError } from "../../errors.js";
import type { Page } from "../../query/query.js";

/** Each round somebody else took what was offered here: so many in a row mean that something else is wrong. */
const MAX_ROUNDS = 1_000;

type Take<D, T> = (document: D) => Promise<T | undefined>;

/** Page after page of the present documents; anew after each page of which others took everything. */
export async function takeFromPages<D, T>(ask: () => Promise<Page<D>>, take: Take<D, T>): Promise<T | undefined> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const { documents } = await ask();
    if (documents.length === 0) return undefined;
    for (const document of documents) {
      const taken = await take(document);
      if (taken !== undefined) return taken;
    }
  }
  throw contended();
}

/** One document after the other, each held while it is looked at. */
export async function takeHeld<D, T>(
  hold: (act: Take<D, T>) => Promise<{ readonly result: T | undefined } | null>,
  take: Take<D, T>,
): Promise<T | undefined> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const held = await hold(take);
    if (held === null) return undefined;
    if (held.result !== undefined) return held.result;
  }
  throw contended();
}

function contended(): UnavailableError {
  return new UnavailableError("QUEUE_BUSY", "others were faster with everything that this queue offered", {
    hint: "try again",
  });
}
