import { probeFile } from "../log/store-probe.js";
import type { LogBackend } from "./log-backend.js";
import { pathOf } from "./store-url.js";

export const SQLITE: LogBackend = {
  isFile: true,
  open: async (rest, options, url) => {
    const path = pathOf(rest, url);
    const { SqliteLog } = await import("../log/sql/sqlite/sqlite-log.js");
    const { lockTimeoutMs, ...known } = options;
    return SqliteLog.open(path, lockTimeoutMs === undefined ? known : { ...known, busyTimeoutMs: lockTimeoutMs });
  },
  probe: async (rest, _options, url) => probeFile(pathOf(rest, url), ["-wal"]),
  exam: async (rest, { lockTimeoutMs }, url) => {
    const { SqliteFileExam } = await import("../log/sql/sqlite/sqlite-exam.js");
    return new SqliteFileExam(pathOf(rest, url), lockTimeoutMs);
  },
};
