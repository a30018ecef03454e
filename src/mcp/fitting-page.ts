import type { Page } from "../query/query.js";
import { itemsThatFit } from "./clip.js";

/** A page of a read model, cut to what one answer can hold. */
export interface FittingPage<I> {
  readonly items: readonly I[];
  readonly clipped: boolean;
  readonly total: number;
  /** The read model's own cursor for what comes behind the last item; null where nothing does. */
  readonly next: string | null;
}

/** @param ask for so many documents, of the same state each time */
export async function fittingPage<D extends object, I>(
  ask: (limit: number) => Promise<Page<D>>,
  limit: number,
  itemsOf: (documents: readonly D[]) => Promise<readonly I[]> | readonly I[],
): Promise<FittingPage<I>> {
  const page = await ask(limit);
  const { value: items, clipped } = itemsThatFit(await itemsOf(page.documents));
  const isWhole = items.length === page.documents.length;
  const { next } = isWhole ? page : await ask(items.length);
  return { items, clipped, total: page.total ?? items.length, next };
}
