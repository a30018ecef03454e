import { type SessionDocument, sessions } from "../../projections/sessions.js";
import { defined } from "../defined.js";
import { assertLog } from "../log/assert-log.js";
import type { EventLog } from "../log/event-log.js";
import { type Comparison, MAX_LIMIT, type OrderBy } from "../query/query.js";
import { ReadModel } from "../replay/read-model/read-model.js";
import type { SessionOrder } from "./session-selection.js";

/** What is absent is no condition. */
export interface FirstSessionsQuery {
  readonly repoName?: string;
  readonly status?: string;
  /** Offset, exclusive: last changed after it. */
  readonly since?: number;
  /** Offset, inclusive: last changed at or before it. */
  readonly until?: number;
  /** Default `updated`. */
  readonly order?: SessionOrder;
  /** 1 to 1,000. */
  readonly limit: number;
}

export interface FirstSessions {
  /** The log was read up to here. */
  readonly offset: number;
  readonly documents: readonly SessionDocument[];
  /** How many match, with those beyond the limit. */
  readonly total: number;
}

/** Orders that a table has too. Ids go by their UTF-16 units here and by bytes there. */
const ORDERS: { readonly [order in SessionOrder]?: readonly OrderBy[] } = {
  updated: [{ field: "lastOffset", direction: "desc" }],
  created: [{ field: "createdOffset", direction: "desc" }],
  events: [
    { field: "version", direction: "desc" },
    { field: "lastOffset", direction: "desc" },
  ],
};

/**
 * The first sessions of a list, without reading the others: where there are many of them, a table answers several times
 * faster than the state of the whole log. Deleted sessions are left out.
 *
 * @returns undefined where the log has no tables, or none with this order: then whoever asks folds the state
 * @throws ProjectionStopped
 */
export async function firstSessions(log: EventLog, query: FirstSessionsQuery): Promise<FirstSessions | undefined> {
  assertLog(log);
  const model = new ReadModel(log, sessions);
  const { order = "updated", limit } = query;
  const orderBy = ORDERS[order];
  if (model.kind !== "table" || orderBy === undefined || limit < 1 || limit > MAX_LIMIT) return undefined;
  const { offset, documents, total = 0 } = await model.query({ where: whereOf(query), orderBy, limit, total: true });
  return { offset, documents, total };
}

function whereOf({ repoName, status, since, until }: FirstSessionsQuery): Readonly<Record<string, Comparison>> {
  const lastOffset = defined({ gt: since, lte: until });
  return {
    deleted: false,
    ...defined({ repoName, status }),
    ...(Object.keys(lastOffset).length === 0 ? {} : { lastOffset }),
  };
}
