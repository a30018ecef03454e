import type { Command } from "commander";
import { postgresRoles, postgresRolesSql } from "../../log/postgres-roles.js";
import { type CommandContext, examples, type ReadOptions, type RunState, readLeaf } from "../command.js";

interface RolesOptions extends ReadOptions {
  schema?: string;
  prefix?: string;
}

export function rolesCommand(state: RunState): Command {
  const summary = "print SQL for Postgres: an owner, a writer that only appends, a reader; runs nothing";
  const command = readLeaf<RolesOptions>(state, "roles", summary, print)
    .option("--sql", "print SQL; there is no other form")
    .option("--schema <name>", "the schema of the log; default sessiondb")
    .option("--prefix <name>", "the beginning of the roles' names; default sessiondb");
  return examples(command, ["sessiondb roles --sql", "sessiondb roles --sql --schema team_a --prefix team_a"]);
}

async function print({ options, streams }: CommandContext<RolesOptions>): Promise<undefined> {
  const sql = postgresRolesSql(options.schema, options.prefix);
  if (streams.json) streams.document({ schema: "roles/1", roles: postgresRoles(options.prefix), sql });
  else streams.lines([sql.trimEnd()]);
  streams.note("for an administrator, connected to the database: sessiondb roles --sql | psql DATABASE");
}
