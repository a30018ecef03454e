import { UsageError } from "../errors.js";
import { isSchemaName, SCHEMA_NAME_FORM } from "./schema-name.js";

const PREFIX = /^[a-z_][a-z0-9_]{0,40}$/;

export interface PostgresRoles {
  /** Has the tables: makes them, brings them up to date, cuts back, erases, freezes. For people and for deployments. */
  readonly owner: string;
  /** Appends, and reads. Changes and removes nothing. */
  readonly writer: string;
  readonly reader: string;
}

/** @throws UsageError ARGUMENT_INVALID no name can be made of it */
export function postgresRoles(prefix = "sessiondb"): PostgresRoles {
  if (!PREFIX.test(prefix)) {
    throw new UsageError("ARGUMENT_INVALID", `${JSON.stringify(prefix)} cannot begin the name of a role`, {
      hint: "take 1 to 41 of a-z, 0-9 and _, beginning with no digit",
    });
  }
  return { owner: `${prefix}_owner`, writer: `${prefix}_writer`, reader: `${prefix}_reader` };
}

/**
 * SQL for an administrator, connected to the database: makes the three roles where they are missing, gives the schema and
 * whatever stands in it to the owner, and takes from the other two every right but the few that they need. Running it again
 * does nothing, but for tables that were made since: the right to append is given once there is a table of events.
 *
 * A table of events that the writer may not update cannot be locked by him against readers either.
 *
 * @throws UsageError ARGUMENT_INVALID, STORE_URL_INVALID for names that are none
 */
export function postgresRolesSql(schema = "sessiondb", prefix?: string): string {
  if (!isSchemaName(schema)) {
    throw new UsageError("STORE_URL_INVALID", `not a name for a schema: ${JSON.stringify(schema)}`, {
      hint: `take ${SCHEMA_NAME_FORM}`,
    });
  }
  const { owner, writer, reader } = postgresRoles(prefix);
  const both = `${writer}, ${reader}`;
  return `BEGIN;
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['${owner}', '${writer}', '${reader}'] LOOP
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = name) THEN
      EXECUTE format('CREATE ROLE %I LOGIN', name);
    END IF;
  END LOOP;
END $$;

-- The owner has all of it, also what another user has made.
CREATE SCHEMA IF NOT EXISTS "${schema}";
ALTER SCHEMA "${schema}" OWNER TO ${owner};
DO $$
DECLARE one record;
BEGIN
  FOR one IN SELECT c.oid::regclass AS name FROM pg_catalog.pg_class c
    WHERE c.relnamespace = '"${schema}"'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') LOOP
    EXECUTE format('ALTER TABLE %s OWNER TO ${owner}', one.name);
  END LOOP;
  FOR one IN SELECT p.oid::regprocedure AS name FROM pg_catalog.pg_proc p
    WHERE p.pronamespace = '"${schema}"'::regnamespace LOOP
    EXECUTE format('ALTER ROUTINE %s OWNER TO ${owner}', one.name);
  END LOOP;
END $$;

-- Nobody else has a right that is not named here.
REVOKE ALL ON SCHEMA "${schema}" FROM PUBLIC, ${both};
REVOKE ALL ON ALL TABLES IN SCHEMA "${schema}" FROM PUBLIC, ${both};
GRANT USAGE ON SCHEMA "${schema}" TO ${both};
GRANT SELECT ON ALL TABLES IN SCHEMA "${schema}" TO ${both};
ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA "${schema}" GRANT SELECT ON TABLES TO ${both};
DO $$
BEGIN
  IF to_regclass('"${schema}".events') IS NOT NULL THEN
    GRANT INSERT ON "${schema}".events TO ${writer};
    -- Where writers who wait for each other leave what they want to append, and to claim.
    GRANT INSERT, UPDATE, DELETE ON "${schema}".append_requests, "${schema}".claim_requests TO ${writer};
  ELSE
    RAISE NOTICE 'there is no log in "${schema}" yet: let ${owner} make it (a first session, an import, a migration), then run this again';
  END IF;
END $$;
COMMIT;
`;
}
