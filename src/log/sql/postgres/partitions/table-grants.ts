import type { PgSession } from "../connection/pg-session.js";
import { statement } from "../connection/statement.js";

/**
 * SQL that gives the rights which others have on a table or view, and on columns of it, on another one, or on the next that has
 * its name. Those of its owner go with the owner.
 *
 * @param from with its schema and quotes, as `to`
 * @returns nothing where there is no such table
 */
export async function grantsOf(session: PgSession, from: string, to = from): Promise<string[]> {
  return (await session.rows(GRANTS, [from, to])).map(([text]) => String(text));
}

const GRANTS = statement(
  `SELECT format('GRANT %s%s ON TABLE %s TO %s%s', privilege_type, CASE WHEN col IS NULL THEN '' ELSE format('(%I)', col) END, $2::text,
     CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE grantee::regrole::text END, CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
   FROM (
     SELECT NULL::name AS col, relowner, a.* FROM pg_class, aclexplode(relacl) a WHERE oid = to_regclass($1)
     UNION ALL
     SELECT attname, relowner, a.* FROM pg_attribute JOIN pg_class c ON c.oid = attrelid, aclexplode(attacl) a
     WHERE attrelid = to_regclass($1) AND NOT attisdropped) AS granted
   WHERE grantee <> relowner`,
);
