/** Lower case only, so that quoted and unquoted mean the same; short enough for every name that is made of it. */
const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,47}$/;

export const SCHEMA_NAME_FORM = "1 to 48 of a-z, 0-9 and _, not starting with a digit or pg_";

/** Whether a Postgres schema may have this name. */
export function isSchemaName(name: string): boolean {
  return SCHEMA_NAME.test(name) && !name.startsWith("pg_");
}
