import { defined } from "../defined.js";
import type { EventLog } from "../log/event-log.js";
import { isRestored, planRestore, type RestoreOptions, restoreFile } from "../migrate/restore-file.js";
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
  const { planned, isDone } = await looked(path, existing, options).finally(() => existing?.close());
  if (request.dryRun === true || isDone) return { plan: planned, id: null, tail: planned.before };
  return stores.with(target, {}, async (log) => {
    const plan = await planRestore(path, log, options);
    const { onProgress } = request;
    const note = { actor, ...defined({ onProgress }) };
    return { plan, ...(await restoreFile(log, plan, note)) };
  });
}

async function looked(path: string, target: EventLog | undefined, options: RestoreOptions) {
  const planned = await planRestore(path, target, options);
  const isDone = target === undefined ? planned.events === 0 : await isRestored(target, planned);
  return { planned, isDone };
}
