import { defined } from "../defined.js";
import { planRestore, type RestoreOptions, restoreFile } from "../migrate/restore-file.js";
import type { Restored, RestoreRequest } from "./migrator-requests.js";
import type { MigratorStores } from "./migrator-stores.js";
import { resolveRestorePoint } from "./restore-point.js";
import type { StorePlace } from "./store-address.js";

/** As CrossDatabaseMigrator.restore. */
export async function restoreStore(
  stores: MigratorStores,
  path: string,
  target: StorePlace,
  actor: string,
  request: RestoreRequest,
): Promise<Restored> {
  const point = request.asOf === undefined ? undefined : await resolveRestorePoint(path, request.asOf, new Date());
  if (point !== undefined) request.onAsOf?.(point);
  const options: RestoreOptions = point === undefined ? {} : { asOf: point.asOf };
  const existing = await stores.openIfThere(target);
  const planned = await planRestore(path, existing, options).finally(() => existing?.close());
  if (request.dryRun === true || planned.events === 0) return { plan: planned, id: null, tail: planned.before };
  return stores.with(target, {}, async (log) => {
    const plan = await planRestore(path, log, options);
    const { onProgress } = request;
    const note = { actor, ...defined({ onProgress }) };
    return { plan, ...(await restoreFile(log, plan, note)) };
  });
}
