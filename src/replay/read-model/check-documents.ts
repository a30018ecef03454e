import { leafChanges } from "../../../projections/json-leaves.js";
import type { Json } from "../../log/canonical.js";
import type { StoredDocument } from "../../log/read-model-tables.js";
import type { ModelCheck, ModelDifference } from "./model-engine.js";
import type { ModelRows } from "./model-row.js";

/** More are counted, not listed. */
export const MAX_DIFFERENCES = 100;

/** Compares what is stored with what a fold of the log gives at the same offset. */
export function compareDocuments<D extends object>(
  rows: ModelRows<D>,
  fresh: ReadonlyMap<string, D>,
  stored: readonly StoredDocument[],
  offset: number,
): ModelCheck {
  const differences: ModelDifference[] = [];
  const seen = new Set<string>();
  for (const is of stored) {
    seen.add(is.id);
    const document = fresh.get(is.id);
    if (document === undefined) differences.push({ id: is.id, kind: "extra", paths: [] });
    else differences.push(...differencesOf(rows, rows.storedOf(is.id, document), is));
  }
  for (const id of fresh.keys()) if (!seen.has(id)) differences.push({ id, kind: "missing", paths: [] });
  const differenceCount = differences.length;
  return { offset, documents: fresh.size, differences: differences.slice(0, MAX_DIFFERENCES), differenceCount };
}

function differencesOf<D extends object>(
  { shape }: ModelRows<D>,
  should: StoredDocument,
  is: StoredDocument,
): ModelDifference[] {
  const paths = shape.fields.filter((_, i) => should.values[i] !== is.values[i]).map(({ name }) => `#${name}`);
  if (should.wordsHash !== is.wordsHash) paths.push("#words");
  if (should.body !== is.body) paths.push(...bodyDifferences(should.body, is.body));
  return paths.length === 0 ? [] : [{ id: is.id, kind: "different", paths }];
}

/** Different texts of the same value are none: the order of members means nothing. */
function bodyDifferences(should: string, is: string): string[] {
  try {
    return leafChanges(JSON.parse(should) as Json, JSON.parse(is) as Json).map(({ path }) => path);
  } catch {
    return [""]; // what is stored is no JSON: all of it differs
  }
}
