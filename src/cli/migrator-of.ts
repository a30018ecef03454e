import { CrossDatabaseMigrator } from "../cross-database/cross-database-migrator.js";
import { defined } from "../defined.js";
import type { OpenLogOptions } from "../log/open-log-options.js";
import { limitsOf } from "../session/configured-store.js";
import type { CommandContext, CommonOptions } from "./command.js";
import { archivesOf } from "./opened-logs.js";

/** What a migrator and a search for journals are made of. */
export type MigratorContext = Pick<CommandContext<CommonOptions>, "config" | "options" | "streams">;

/** The migrator of a command line. */
export function migratorOf(context: MigratorContext): CrossDatabaseMigrator {
  const { actor } = context.options;
  const outbox = context.config().find("outbox.path");
  return new CrossDatabaseMigrator({
    open: openingOf(context),
    ...defined({ actor }),
    ...(outbox === undefined ? {} : { outboxRoot: String(outbox.value) }),
  });
}

/** How it opens logs: with the configured limits; notices go to stderr. */
export function openingOf({ config, options, streams }: MigratorContext): OpenLogOptions {
  return { ...limitsOf(config()), ...archivesOf(options), onNotice: ({ message }) => streams.note(`note: ${message}`) };
}
