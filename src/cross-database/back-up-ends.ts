import { join } from "node:path";
import { saveEvents } from "../migrate/save-events.js";
import type { EndsBackup } from "./migrator-requests.js";
import type { MigratorStores } from "./migrator-stores.js";

/** As CrossDatabaseMigrator.backUpEnds. */
export async function backUpEnds(stores: MigratorStores, { from, to, plan, folder }: EndsBackup): Promise<string[]> {
  const sides = [
    { side: "source", store: from, tail: plan.source.tail },
    { side: "target", store: to, tail: plan.target.tail },
  ];
  const time = new Date().toISOString().replace(/[-:.]/g, "");
  const paths: string[] = [];
  for (const { side, store, tail } of sides) {
    if (tail.offset === 0) continue;
    const file = join(folder, `${side}-${time}-${tail.offset}.jsonl`);
    const range = { from: 1, to: tail.offset };
    const { path } = await stores.reading(store, (log) => saveEvents(log, range, file));
    paths.push(path);
  }
  return paths;
}
