import type { IndexShape, ReadModelShape } from "../../../query/shape.js";
import { type ModelDialect, quoted } from "./model-sql.js";
import type { ModelTableNames } from "./model-tables.js";

/** The columns of a read model's table that hold declared fields, in their order. */
export function fieldColumns({ fields }: ReadModelShape): string {
  return fields.map(({ name }) => quoted(name)).join(", ");
}

export function fieldDefinitions(dialect: ModelDialect, { fields }: ReadModelShape): string[] {
  return fields.map(({ name, type }) => `${quoted(name)} ${dialect.columnTypes[type]}`);
}

/** One serves both ways of an order: forwards it is ascending with no value first, backwards descending with it last. */
export function createIndexes(dialect: ModelDialect, shape: ReadModelShape, tables: ModelTableNames): string[] {
  const { fields, indexes = [] } = shape;
  const single = fields.flatMap(({ name, indexed }, i) => {
    if (!indexed) return [];
    const columns = `${quoted(name)} ASC ${dialect.nullsFirst}, id`;
    return [`CREATE INDEX ${tables.index(i)} ON ${tables.documents} (${columns})`];
  });
  const several = indexes.map((index, i) => {
    const condition = `WHERE ${quoted(index.having)} IS NOT NULL`;
    return `CREATE INDEX ${tables.index(fields.length + i)} ON ${tables.documents} (${columnsOf(dialect, index)}) ${condition}`;
  });
  return [...single, ...several];
}

function columnsOf({ nullsFirst, nullsLast }: ModelDialect, { by }: IndexShape): string {
  const columns = by.map(({ field, descending = false }) => {
    return `${quoted(field)} ${descending ? `DESC ${nullsLast}` : `ASC ${nullsFirst}`}`;
  });
  return [...columns, "id"].join(", ");
}
