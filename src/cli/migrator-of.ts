import { CrossDatabaseMigrator } from "../cross-database/cross-database-migrator.js";
import type { CommonOptions } from "./command.js";
import type { Streams } from "./output/streams.js";

/** The migrator of a command line: notices of the logs go to stderr. */
export function migratorOf({ actor }: CommonOptions, streams: Streams): CrossDatabaseMigrator {
  const onNotice = (notice: { message: string }) => streams.note(`note: ${notice.message}`);
  return new CrossDatabaseMigrator({ open: { onNotice }, ...(actor === undefined ? {} : { actor }) });
}
