import type { LogBackend } from "./log-backend.js";
import { invalidUrl } from "./store-url.js";

export const MEMORY: LogBackend = {
  open: async (rest, options, url) => {
    if (rest !== "") throw invalidUrl(`${JSON.stringify(url)}: a log in memory has no name`);
    const { MemoryLog } = await import("../log/memory/memory-log.js");
    return new MemoryLog(options);
  },
};
