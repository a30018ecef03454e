/**
 * One value of a foreign row: nothing is rounded, and no zone is guessed. Times are texts. Whole numbers beyond 2^53 are
 * texts where their column says that it holds numbers, else bigints.
 */
export type ForeignValue = null | string | number | bigint | boolean | Uint8Array | readonly ForeignValue[];

/** One value a column, in the order of the columns. */
export type ForeignRow = readonly ForeignValue[];

export interface ForeignColumn {
  readonly name: string;
  /**
   * As declared, in lower case, of a domain what it is made of; empty where nothing was. In SQLite it promises nothing about
   * the values.
   */
  readonly type: string;
}

export interface ForeignTable {
  readonly name: string;
  readonly columns: readonly ForeignColumn[];
  /**
   * All rows, in pages that are never empty, of at most MAX_FOREIGN_PAGE_ROWS rows or about MAX_FOREIGN_PAGE_BYTES bytes
   * (at least one row). In the order in which they are stored. One table at a time.
   */
  pages(): AsyncGenerator<readonly ForeignRow[], void, undefined>;
}

/**
 * A database of another program, opened only to read. Everything that is read of it, from opening to closing, is of one
 * instant, also while its own program writes. Failures reject; a table is never cut short.
 */
export interface ForeignDatabase {
  /** For people: with any password masked. */
  readonly url: string;
  /** What times without a zone are in, as far as the database says so: the name of a time zone. */
  readonly timeZone: string;
  /** Names of ordinary tables, for messages; views and virtual tables are none. */
  tableNames(): Promise<readonly string[]>;
  /** The first that is there of `names` (`table`, or `schema.table`); undefined where none is. */
  table(names: readonly string[]): Promise<ForeignTable | undefined>;
  /** Safe to call twice. */
  close(): Promise<void>;
}

export const MAX_FOREIGN_PAGE_ROWS = 500;
export const MAX_FOREIGN_PAGE_BYTES = 4 * 1024 * 1024;

/** About how much memory a row takes. */
export function foreignRowBytes(row: ForeignRow): number {
  return row.reduce<number>((sum, value) => sum + valueBytes(value), 0);
}

function valueBytes(value: ForeignValue): number {
  if (typeof value === "string") return value.length;
  if (value instanceof Uint8Array) return value.byteLength;
  return Array.isArray(value) ? foreignRowBytes(value) : 8;
}
