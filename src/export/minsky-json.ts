import type { StoredRecord } from "../../projections/session-record.js";

/** The state of a store, as other programs take it. */
export interface ExportState {
  /** In the order of their creation. */
  readonly records: readonly StoredRecord[];
  readonly baseDir: string;
}

/**
 * The text of a session-db.json as Minsky writes it: `{"sessions": […], "baseDir": "…"}`, indented by two. In pieces, one a
 * session, so that no text of the whole is made.
 */
export function* minskyJsonText({ records, baseDir }: ExportState): Generator<string, void, undefined> {
  yield '{\n  "sessions": [';
  for (const [index, record] of records.entries()) {
    yield `${index === 0 ? "" : ","}\n    ${JSON.stringify(record, null, 2).replaceAll("\n", "\n    ")}`;
  }
  yield `${records.length === 0 ? "" : "\n  "}],\n  "baseDir": ${JSON.stringify(baseDir)}\n}\n`;
}
