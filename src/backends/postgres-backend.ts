import type { LogBackend } from "./log-backend.js";

export const POSTGRES: LogBackend = {
  open: async (_rest, options, url) => {
    const { PostgresLog } = await import("../log/sql/postgres/postgres-log.js");
    return PostgresLog.open(url, options);
  },
  probe: async (_rest, options, url) => {
    const { probePostgres } = await import("../log/sql/postgres/postgres-probe.js");
    return probePostgres(url, options);
  },
  exam: async (_rest, options, url) => {
    const { PostgresServerExam } = await import("../log/sql/postgres/postgres-exam.js");
    return new PostgresServerExam(url, options);
  },
  partitions: async (url, options) => {
    const { PostgresPartitions } = await import("../log/sql/postgres/partitions/postgres-partitions.js");
    return new PostgresPartitions(url, options);
  },
};
