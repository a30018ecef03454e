import { assertOptions, type KnownOptions } from "../config/known-options.js";
import { defined } from "../defined.js";
import { typeName } from "../log/type-name.js";
import type { Comparison, OrderBy, Query } from "../query/query.js";
import type { ModelAsOf } from "../replay/read-model/read-model.js";
import { invalid, timeText } from "./collab-input.js";

/** Which part of a list is wanted. */
export interface CollabPage {
  /** 1 to 1,000; default 100. */
  readonly limit?: number;
  /** `next` of the page before, asked with the same filter. */
  readonly cursor?: string;
  /** The list as it was after this offset (inclusive). */
  readonly asOf?: number;
  /** Also count all that match. */
  readonly total?: boolean;
}

const PAGE_OPTIONS: KnownOptions<CollabPage> = { limit: true, cursor: true, asOf: true, total: true };

/** Made between these times, both inclusive. */
export interface CollabTimes {
  readonly since?: Date | string;
  readonly until?: Date | string;
}

export const TIME_OPTIONS: KnownOptions<CollabTimes> = { since: true, until: true };

/**
 * That a list is asked for by filters that it has: with another one it would be the list of all.
 *
 * @throws TypeError
 */
export function assertFilter<F extends CollabPage>(of: string, filter: F, own: OwnFilters<F>): void {
  assertOptions(of, filter, { ...own, ...PAGE_OPTIONS } as KnownOptions<F>);
}

/** The filters of a list beside those of every page. */
type OwnFilters<F extends CollabPage> = Readonly<Record<Exclude<keyof Required<F>, keyof CollabPage>, true>>;

/**
 * What a list is filtered by. An object, as a query string can hold one (`?agent[ne]=x`), would be a comparison of its own.
 *
 * @throws UsageError COLLAB_INVALID
 */
export function assertTexts(filter: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(filter)) {
    if (value === undefined || typeof value === "string") continue;
    throw invalid(`${name} is a text, not ${typeName(value)}`, `leave ${name} out, or name one`);
  }
}

/** The question to a read model; conditions that are undefined are none. */
export function pageQuery(
  { limit, cursor, asOf, total }: CollabPage,
  where: Readonly<Record<string, Comparison | undefined>>,
  orderBy: readonly OrderBy[],
): { query: Query; asOf: ModelAsOf } {
  const conditions = Object.entries(where).filter((entry): entry is [string, Comparison] => entry[1] !== undefined);
  const query: Query = {
    where: Object.fromEntries(conditions),
    orderBy,
    ...defined({ limit, cursor, total }),
  };
  return { query, asOf: asOf === undefined ? {} : { asOf } };
}

export function betweenTimes({ since, until }: CollabTimes): Comparison | undefined {
  if (since === undefined && until === undefined) return undefined;
  return {
    ...(since === undefined ? {} : { gte: timeText("since", since) }),
    ...(until === undefined ? {} : { lte: timeText("until", until) }),
  };
}
