import { sha256Hex } from "../../../hash-chain.js";

/** A statement with its name for PREPARE. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/**
 * The name is made of the text, schema included: behind a pooler in transaction mode several logs share one connection
 * of the server, and a fixed name could run the statement of another log.
 */
export function statement(text: string): Statement {
  return { name: `sessiondb_${sha256Hex(text).slice(0, 16)}`, text };
}

/** A statement that is not kept: of texts that are put together for one question there is no end. */
export function unnamed(text: string): Statement {
  return { name: "", text };
}

/** The tables of one log. Always with the schema: search_path is not ours behind a pooler. */
export interface Tables {
  readonly schema: string;
  readonly events: string;
  readonly sidecar: string;
  readonly models: string;
  readonly archives: string;
  readonly archivedStreams: string;
  readonly archivedIds: string;
}

/** `schema` was checked by parsePostgresUrl. */
export function tablesOf(schema: string): Tables {
  const table = (name: string) => `"${schema}".${name}`;
  return {
    schema,
    events: table("events"),
    sidecar: table("sidecar"),
    models: table("read_models"),
    archives: table("archives"),
    archivedStreams: table("archived_streams"),
    archivedIds: table("archived_ids"),
  };
}
