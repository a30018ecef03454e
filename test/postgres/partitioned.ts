import { onTestFinished } from "vitest";
import { PostgresPartitions } from "../../src/log/sql/postgres/partitions/postgres-partitions.js";
import type { PostgresLog } from "../../src/log/sql/postgres/postgres-log.js";
import type { PostgresLogOptions } from "../../src/log/sql/postgres/postgres-options.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { openPostgres } from "./open-postgres.js";

/** The partitions of a log, closed when the test ends. */
export function partitionsOf(url: string): PostgresPartitions {
  const partitions = new PostgresPartitions(url);
  onTestFinished(() => partitions.close());
  return partitions;
}

/** The address of a new log in partitions of so many events. */
export async function partitionedUrl(events: number, ahead = 20): Promise<string> {
  const url = await freshPostgresUrl();
  await (await openPostgres(url)).close();
  await partitionsOf(url).partition({ events, ahead });
  return url;
}

export async function openPartitioned(
  events: number,
  options: PostgresLogOptions = {},
): Promise<{ url: string; log: PostgresLog }> {
  const url = await partitionedUrl(events);
  return { url, log: await openPostgres(url, options) };
}
