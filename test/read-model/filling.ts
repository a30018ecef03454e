import type { Projection } from "../../projections/projection.js";
import type { EventLog } from "../../src/log/event-log.js";
import type { ModelFill, ReadModelTables, StoredDocument } from "../../src/log/read-model-tables.js";
import { ModelRows } from "../../src/replay/read-model/model-row.js";
import { type FillOutcome, TableFill } from "../../src/replay/read-model/table-fill.js";

/** Where something may come between: the tables are there; the documents are folded; all of them are written. */
export const PLACES = ["begun", "folded", "written"] as const;
export type Place = (typeof PLACES)[number];

/** The tables of a log, which call `at` once at a place of each fill. */
export function watchedTables(log: EventLog, at: (place: Place) => Promise<void> | void): ReadModelTables {
  const tables = tablesOf(log);
  return Object.assign(Object.create(tables), {
    ...bound(tables),
    beginFill: async (...args: Parameters<NonNullable<ReadModelTables["beginFill"]>>) => {
      const fill = (await tables.beginFill?.(...args)) ?? null;
      if (fill === null) return null;
      await at("begun");
      let isFolded = false;
      const folded = async () => {
        if (!isFolded) await at("folded");
        isFolded = true;
      };
      const watched: ModelFill = {
        tail: fill.tail,
        write: async (documents) => {
          await folded();
          return fill.write(documents);
        },
        finish: async (end) => {
          await folded();
          await at("written");
          return fill.finish(end);
        },
        abandon: () => fill.abandon(),
      };
      return watched;
    },
  });
}

/** Fills the tables of a projection, however short the log is. */
export function fillTables<D extends object>(
  log: EventLog,
  projection: Projection<D>,
  { replaces = false, tables = tablesOf(log) } = {},
): Promise<FillOutcome> {
  return new TableFill(log, tables, projection, new ModelRows(projection)).run(replaces);
}

export async function rowsOf<D extends object>(log: EventLog, projection: Projection<D>): Promise<StoredDocument[]> {
  const { shape } = new ModelRows(projection);
  return [...((await tablesOf(log).scan(shape, null, 1_000))?.documents ?? [])];
}

export function tablesOf({ readModels, url }: EventLog): ReadModelTables {
  if (readModels === undefined) throw new Error(`${url} has no tables`);
  return readModels;
}

/** Methods with private fields need the object that they belong to. */
function bound(tables: ReadModelTables): Partial<ReadModelTables> {
  const names = [
    "advance",
    "state",
    "query",
    "search",
    "read",
    "scan",
    "list",
    "beginRebuild",
    "finishRebuild",
  ] as const;
  return Object.fromEntries(names.map((name) => [name, tables[name]?.bind(tables)]));
}
