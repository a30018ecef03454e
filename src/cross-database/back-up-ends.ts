import { join } from "node:path";
import type { MigrationPlan } from "../migrate/migration-plan.js";
import { assertSavable, saveEvents } from "../migrate/save-events.js";
import type { EndsBackup } from "./migrator-requests.js";
import type { MigratorStores } from "./migrator-stores.js";

/** As CrossDatabaseMigrator.backUpEnds. */
export async function backUpEnds(stores: MigratorStores, { from, to, plan, folder }: EndsBackup): Promise<string[]> {
  const sides = [
    { side: "source", store: from, tail: plan.source.tail },
    { side: "target", store: to, tail: plan.target.tail },
  ];
  const names = namesIn(folder);
  const paths: string[] = [];
  for (const { side, store, tail } of sides) {
    if (tail.offset === 0) continue;
    const range = { from: 1, to: tail.offset };
    const { path } = await stores.reading(store, (log) => saveEvents(log, range, names(side, tail.offset)));
    paths.push(path);
  }
  return paths;
}

/** Whether a plan's ends could be saved there, for who only asks: nothing is made. @throws as backUpEnds, of the folder */
export function assertEndsSavable({ source }: MigrationPlan, folder: string): void {
  if (source.tail.offset > 0) assertSavable(namesIn(folder)("source", source.tail.offset));
}

/** Each time others, so that no backup is in the way of another. */
function namesIn(folder: string): (side: string, offset: number) => string {
  const time = new Date().toISOString().replace(/[-:.]/g, "");
  return (side, offset) => join(folder, `${side}-${time}-${offset}.jsonl`);
}
