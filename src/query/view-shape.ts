/** What a column of a view holds. `json` is jsonb and `texts` text[] on Postgres; on SQLite both are JSON text. */
export type ViewType = "text" | "integer" | "time" | "json" | "texts";

/** Where a column of a view comes from. */
export type ViewSource =
  /** A declared field: it has the index that the field has. */
  | { readonly field: string }
  /** A member of the document. */
  | { readonly member: string }
  /** A member of the data of the event whose offset a declared field holds. */
  | { readonly event: string; readonly offsetField: string }
  /** Anything else, about the table of the documents. `@schema.` stands before names of the log's schema. */
  | { readonly sqlite: string; readonly postgres: string };

export interface ViewColumn {
  readonly name: string;
  readonly type: ViewType;
  readonly from: ViewSource;
}

/**
 * How people and tools see a read model in SQL, where its fields alone do not show it: the columns of its view, in their
 * order (behind the id), and what belongs to it besides.
 */
export interface ViewShape {
  readonly columns: readonly ViewColumn[];
  /**
   * Statements that make further views and functions, to be run again whenever the view is pointed at other tables. They
   * must not tie the view itself: functions of PL/pgSQL and views of SQLite look for it when they are used. `@schema` is
   * the schema, `@name` its name as a text, `@documents` that of the table with the documents, without its schema.
   */
  readonly also?: { readonly sqlite?: readonly string[]; readonly postgres?: readonly string[] };
}
