import { type ReadModelShape, shapeKey } from "../../../query/shape.js";

/** The tables of one generation of a read model. */
export interface ModelTableNames {
  /** Of the documents, without schema and quotes. */
  readonly name: string;
  /** With the schema, where there is one. */
  readonly documents: string;
  readonly words: string;
  /** Of Postgres: how many texts there are, how many words they have together, and how many have which word. */
  readonly counts: string;
  /** Without it: indexes take the schema of their table. */
  readonly index: (field: number) => string;
}

/** @param schema in quotes and with a dot, or "" */
export function modelTableNames(shape: ReadModelShape, generation: number, schema: string): ModelTableNames {
  const name = `model_${shapeKey(shape)}_g${generation}`;
  return {
    name,
    documents: `${schema}"${name}"`,
    words: `${schema}"${name}_w"`,
    counts: `${schema}"${name}_n"`,
    index: (field) => `"${name}_${field}"`,
  };
}

/** The view under which people find the documents: `store-settings` is `store_settings`. */
export function viewName({ name }: ReadModelShape): string {
  return name.replaceAll("-", "_");
}
