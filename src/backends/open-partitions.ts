import { addressParts } from "../config/address.js";
import { RefusedError } from "../errors.js";
import type { OpenLogOptions } from "../log/open-log-options.js";
import type { LogPartitions } from "../log/partitions.js";
import { backendOf } from "./backends.js";

/**
 * The partitions of a log in Postgres; to be closed.
 *
 * @throws UsageError STORE_URL_INVALID; RefusedError PARTITION_UNSUPPORTED any other backend
 */
export async function openPartitions(url: string, options: OpenLogOptions = {}): Promise<LogPartitions> {
  const { partitions } = backendOf(url).backend;
  if (partitions !== undefined) return partitions(url, options);
  throw new RefusedError(
    "PARTITION_UNSUPPORTED",
    `${addressParts(url).scheme}: has no partitions; nothing was changed`,
    {
      hint: "they are of Postgres; a part that is seldom asked for leaves other stores by: sessiondb archive",
    },
  );
}
