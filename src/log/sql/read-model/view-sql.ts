import type { ReadModelShape } from "../../../query/shape.js";
import type { ViewColumn } from "../../../query/view-shape.js";
import { fieldColumns } from "./create-sql.js";
import { type ModelDialect, quoted } from "./model-sql.js";

/** What the view of a read model selects. @param schema in quotes and with a dot, or "" */
export function viewSelect(dialect: ModelDialect, shape: ReadModelShape, documents: string, schema: string): string {
  if (shape.view === undefined) {
    const columns = fieldColumns(shape);
    return `SELECT id, ${columns === "" ? "" : `${columns}, `}document FROM ${documents}`;
  }
  const columns = shape.view.columns.map((column) => `${columnSql(dialect, column, schema)} AS ${quoted(column.name)}`);
  return `SELECT id, ${columns.join(", ")}, document FROM ${documents}`;
}

function columnSql(dialect: ModelDialect, { type, from }: ViewColumn, schema: string): string {
  if ("field" in from) return dialect.viewField(quoted(from.field), type);
  if ("member" in from) return dialect.viewMember("document", from.member, type);
  if ("event" in from) {
    const member = dialect.viewMember("e.data", from.event, type);
    return `(SELECT ${member} FROM ${schema}events AS e WHERE e."offset" = ${dialect.viewField(quoted(from.offsetField), "integer")})`;
  }
  return dialect.pick(from).replaceAll("@schema.", schema);
}

/** The statements that belong to the view. @param name of the schema; "" where there is none @param documents the name of their table */
export function viewExtras(dialect: ModelDialect, { view }: ReadModelShape, name: string, documents: string): string[] {
  const schema = name === "" ? "" : quoted(name);
  const { sqlite = [], postgres = [] } = view?.also ?? {};
  return dialect.pick({ sqlite, postgres }).map((sql) => {
    return sql.replaceAll("@schema", schema).replaceAll("@name", name).replaceAll("@documents", documents);
  });
}
