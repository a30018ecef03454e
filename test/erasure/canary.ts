import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import pg from "pg";
import { openAdmin, schemaOf } from "../postgres/open-postgres.js";

/** Letters and digits only, so that a search index keeps it as one word, and in lower case as it is. */
export const CANARY = "canary7d0f4a91c2";

/** Where the canary stands: files below the folder of the store, or tables of its schema, as any text of any row. */
export async function canaryIn(url: string, canary = CANARY): Promise<string[]> {
  if (url.startsWith("postgres")) return tablesWith(url, canary);
  const folder = dirname(url.slice(url.indexOf(":") + 1));
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => {
    const path = join(folder, name);
    return statSync(path).isFile() && readFileSync(path).includes(canary);
  });
}

async function tablesWith(url: string, canary: string): Promise<string[]> {
  const admin = await openAdmin(url);
  const schema = schemaOf(url);
  const { rows } = await admin.query(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relkind IN ('r', 'v', 'm')`,
    [schema],
  );
  const found: string[] = [];
  for (const { name } of rows) {
    const table = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
    const { rowCount } = await admin.query(`SELECT 1 FROM ${table} AS x WHERE strpos(x::text, $1) > 0 LIMIT 1`, [
      canary,
    ]);
    if ((rowCount ?? 0) > 0) found.push(name);
  }
  return found;
}
