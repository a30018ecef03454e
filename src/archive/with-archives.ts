import type { EventLog } from "../log/event-log.js";
import { ArchiveShelf } from "./archive-shelf.js";
import { ArchivedReads } from "./archived-reads.js";

/**
 * The same log, which also reads what lies in its archives where their files are at hand. Where a file is not, that is an
 * ArchivedError with its name. Everything else is the log's own, also what it refuses.
 *
 * A proxy, because what a backend has beside the needed operations must not get lost on the way.
 *
 * @param places where archives may be: files and folders
 */
export function withArchives(log: EventLog, places: readonly string[]): EventLog {
  if (log.archives === undefined) return log;
  const shelf = new ArchiveShelf(places);
  const reads = new ArchivedReads(log, shelf);
  const close = async () => {
    await log.close();
    await shelf.close();
  };
  const own = new Map<string | symbol, unknown>([
    ["readAll", reads.readAll.bind(reads)],
    ["readStream", reads.readStream.bind(reads)],
    ["readLast", reads.readLast.bind(reads)],
    ["offsetAt", reads.offsetAt.bind(reads)],
    ["close", close],
  ]);
  return new Proxy(log, {
    get: (target, name) => {
      const mine = own.get(name);
      if (mine !== undefined) return mine;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
