import { UnavailableError } from "../../errors.js";
import type { Page } from "../../query/query.js";

/** Each round somebody else took what was offered here: so many in a row mean that something else is wrong. */
const MAX_ROUNDS = 1_000;

/** Takes one or more of these, in their order; undefined where others were faster with all of them. */
export type Take<D, T> = (documents: readonly D[]) => Promise<T | undefined>;

/** Page after page of the present documents, `atOnce` of each; anew after each page of which others took everything. */
export async function takeFromPages<D, T>(
  ask: () => Promise<Page<D>>,
  atOnce: number,
  take: Take<D, T>,
): Promise<T | undefined> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const { documents } = await ask();
    if (documents.length === 0) return undefined;
    for (let from = 0; from < documents.length; from += atOnce) {
      const taken = await take(documents.slice(from, from + atOnce));
      if (taken !== undefined) return taken;
    }
  }
  throw contended();
}

/**
 * Some documents after the others, as the storage offers them.
 *
 * @param catchUp gives false where the tables cannot be brought to the tail; then `otherwise` is the way
 */
export async function takeOffered<T>(
  offer: () => Promise<{ readonly result: T | undefined } | "behind" | null>,
  catchUp: () => Promise<boolean>,
  otherwise: () => Promise<T | undefined>,
): Promise<T | undefined> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const offered = await offer();
    if (offered === null) return undefined;
    if (offered === "behind") {
      if (!(await catchUp())) return otherwise();
    } else if (offered.result !== undefined) return offered.result;
  }
  throw contended();
}

function contended(): UnavailableError {
  return new UnavailableError("QUEUE_BUSY", "others were faster with everything that this queue offered", {
    hint: "try again",
  });
}
