import { UsageError } from "../../../errors.js";
import type { PgSession } from "./connection/pg-session.js";
import { statement } from "./connection/statement.js";

/** The tables of a schema of which policies may hide rows. A policy of `true` hides none, where none is restrictive. */
const TABLES = statement(
  `SELECT c.relname::text, current_user::text FROM pg_catalog.pg_class c
   WHERE c.relnamespace = to_regnamespace($1) AND c.relrowsecurity AND row_security_active(c.oid)
     AND has_table_privilege(c.oid, 'SELECT')
     AND NOT coalesce((SELECT bool_or(p.polpermissive AND qual = 'true') AND bool_and(p.polpermissive OR qual = 'true')
       FROM pg_catalog.pg_policy p, coalesce(pg_get_expr(p.polqual, p.polrelid), 'true') AS qual
       WHERE p.polrelid = c.oid AND p.polcmd IN ('r', '*')
         AND (0 = ANY (p.polroles) OR EXISTS (SELECT FROM unnest(p.polroles) AS role WHERE pg_has_role(role, 'USAGE')))), false)
   ORDER BY 1 LIMIT 1`,
);

/**
 * Row level security leaves out rows without a word: a log would be read as an empty or a shorter one.
 *
 * @throws UsageError PERMISSION_DENIED
 */
export async function assertNoRowsHidden(session: PgSession, schema: string): Promise<void> {
  const [row] = await session.rows(TABLES, [`"${schema}"`]);
  if (row === undefined) return;
  const table = `"${schema}".${row[0]}`;
  const message = `row level security may hide rows of the table ${table} from the user ${row[1]}`;
  throw new UsageError("PERMISSION_DENIED", message, {
    hint: `let the owner of the table say: CREATE POLICY everything ON ${table} TO ${row[1]} USING (true); or give the user BYPASSRLS`,
  });
}
