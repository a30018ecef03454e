import { sessionStream } from "../../../projections/sessions.js";
import { globMatcher } from "../glob.js";
import type { EventColumns } from "./event-columns.js";
import type { TextTable } from "./text-table.js";

/** As EventFilter: what is absent or empty is no condition, of a list any one is enough, all conditions must hold. */
export interface TimelineFilter {
  /** Globs. */
  readonly actors?: readonly string[];
  /** Globs. */
  readonly types?: readonly string[];
  /** Ids, exactly. */
  readonly sessions?: readonly string[];
  /** A condition on what the columns do not hold, of which somebody knows the rows. */
  readonly rows?: RowTest;
}

/** Takes the row (offset - 1) of an event that is in the columns. */
export type RowTest = (row: number) => boolean;

/**
 * Patterns are matched once for each different text, then every row costs a look into a table.
 *
 * @throws UsageError GLOB_INVALID
 */
export function columnMatcher(columns: EventColumns, { actors, types, sessions, rows }: TimelineFilter): RowTest {
  const isActor = chosen(columns.actors, actors?.map(globMatcher));
  const isType = chosen(columns.types, types?.map(globMatcher));
  const isStream = chosenStreams(columns.streams, sessions);
  const { actor, type, stream } = columns;
  return (row) =>
    (isActor === undefined || isActor[actor[row] as number] === 1) &&
    (isType === undefined || isType[type[row] as number] === 1) &&
    (isStream === undefined || isStream.has(stream[row] as number)) &&
    (rows === undefined || rows(row));
}

function chosen({ texts }: TextTable, matchers: readonly ((text: string) => boolean)[] = []): Uint8Array | undefined {
  if (matchers.length === 0) return undefined;
  return Uint8Array.from(texts, (text) => (matchers.some((matches) => matches(text)) ? 1 : 0));
}

function chosenStreams(table: TextTable, sessions: readonly string[] = []): ReadonlySet<number> | undefined {
  if (sessions.length === 0) return undefined;
  const numbers = sessions.map((id) => table.find(sessionStream(id)));
  return new Set(numbers.filter((number) => number !== undefined));
}
