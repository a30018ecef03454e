import { stat } from "node:fs/promises";
import { RefusedError } from "../errors.js";
import { follow } from "../replay/follow.js";
import { assertStore } from "./assert-store.js";
import { type ExportReport, exportSessions } from "./export-sessions.js";
import type { SessionStore } from "./session-store.js";

export interface MirrorOptions {
  /** May take the place of a file that is there when it begins. */
  readonly replace?: boolean;
  /** Ends it. */
  readonly signal?: AbortSignal;
  /** The log is asked at least this often, in milliseconds, in case a ring was lost. Default 1000. */
  readonly pollMs?: number;
  /** After each time the file was written. */
  readonly onWritten?: (report: ExportReport) => void;
}

/**
 * Keeps a session-db.json up to date for tools that read only that: written at once and after every change of the log, by
 * any process, until the signal ends it. One way: what another program writes into the file is not taken over, and not
 * overwritten either.
 *
 * @throws RefusedError OUTPUT_CHANGED: another program has written the file; and as exportSessions
 */
export async function mirrorSessions(store: SessionStore, file: string, options: MirrorOptions = {}): Promise<void> {
  assertStore(store);
  const { signal, pollMs, onWritten } = options;
  const write = async (replace: boolean) => {
    const report = await exportSessions(store, { kind: "minsky-json" }, file, { replace });
    onWritten?.(report);
    return { offset: report.offset, stamp: await stampOf(file) };
  };
  let written = await write(options.replace === true);
  const following = { after: written.offset, ...(signal && { signal }), ...(pollMs !== undefined && { pollMs }) };
  for await (const page of follow(store.log, following)) {
    if ((page.at(-1)?.offset ?? 0) <= written.offset) continue;
    await assertUnchanged(file, written.stamp);
    written = await write(true);
  }
}

/** undefined where it was removed: then it is made again. */
async function assertUnchanged(file: string, stamp: string | undefined): Promise<void> {
  const now = await stampOf(file);
  if (now === undefined || now === stamp) return;
  throw new RefusedError("OUTPUT_CHANGED", `another program has written ${file}; it was not touched`, {
    hint: `take over what it wrote with: sessiondb import minsky-json ${file}, then start again with --force`,
  });
}

async function stampOf(file: string): Promise<string | undefined> {
  try {
    const { ino, size, mtimeNs } = await stat(file, { bigint: true });
    return `${ino} ${size} ${mtimeNs}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
