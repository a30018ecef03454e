import type { ReadModelShape } from "../../../query/shape.js";
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
  return shape.fields.flatMap(({ name, indexed }, i) => {
    if (!indexed) return [];
    const columns = `${quoted(name)} ASC ${dialect.nullsFirst}, id`;
    return [`CREATE INDEX ${tables.index(i)} ON ${tables.documents} (${columns})`];
  });
}
