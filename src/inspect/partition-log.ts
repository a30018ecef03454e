import { openPartitions } from "../backends/open-partitions.js";
import { isServerAddress } from "../config/address.js";
import { assertOptions } from "../config/known-options.js";
import type { OpenLogOptions } from "../log/open-log-options.js";
import type { LogPartitions, PartitionPlan, PartitionRequest, PartitionState } from "../log/partitions.js";

/**
 * Makes the table of a log in Postgres one of partitions, ranges of offsets, or adds those that are missing behind its end.
 * To be done again now and then, by who owns the tables; where nobody does, the last partition grows, and no append fails.
 *
 * @param request `events`: offsets of a partition, from 1; may be left out once there are partitions. `ahead`: so many wait
 *   behind the end of the log, 1 to 100, by default 3
 * @returns what was done, or with `dryRun` what would be
 * @throws as LogPartitions.partition; RefusedError PARTITION_UNSUPPORTED; UsageError STORE_URL_INVALID
 */
export async function partitionLog(
  url: string,
  request: PartitionRequest & { readonly dryRun?: boolean },
  options: OpenLogOptions = {},
): Promise<PartitionPlan> {
  assertOptions("partitionLog", request, { events: true, ahead: true, dryRun: true });
  const { dryRun = false, ...rest } = request;
  return withPartitions(url, options, (partitions) => (dryRun ? partitions.plan(rest) : partitions.partition(rest)));
}

/**
 * The partitions of a log, oldest first; none where its events lie in one table.
 *
 * @returns null where the backend has none
 * @throws NotFoundError LOG_NOT_FOUND; IntegrityError PARTITIONS_FOREIGN; UsageError STORE_URL_INVALID
 */
export async function logPartitions(url: string, options: OpenLogOptions = {}): Promise<PartitionState | null> {
  return isServerAddress(url) ? withPartitions(url, options, (partitions) => partitions.state()) : null;
}

async function withPartitions<T>(
  url: string,
  options: OpenLogOptions,
  act: (partitions: LogPartitions) => Promise<T>,
): Promise<T> {
  const partitions = await openPartitions(url, options);
  try {
    return await act(partitions);
  } finally {
    await partitions.close();
  }
}
