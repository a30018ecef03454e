import { archiveStates } from "../../src/inspect/archive-log.js";
import type { SealedEvent } from "../../src/log/event.js";
import { eventsOf } from "../../src/log/paging.js";
import { openLog } from "../../src/open-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import type { Verdict } from "./oracle.js";

/** What test/workers/mixer.ts says that it has done. */
export type Done =
  | { readonly appended: number; readonly hash: string }
  | { readonly erased: readonly number[] }
  | { readonly archived: number }
  | { readonly restored: number };

/**
 * Compares a log with what was done to it: every event that was acknowledged stands there once with its hash, in the log or in
 * an archive that is at hand; what was erased has no data; the chain verifies from its beginning, and the next append works.
 */
export async function judgeMixed(url: string, folder: string, done: readonly Done[]): Promise<Verdict> {
  const hashes = new Map(done.flatMap((one) => ("appended" in one ? [[one.appended, one.hash] as const] : [])));
  const erased = done.flatMap((one) => ("erased" in one ? one.erased : []));
  const wrong: string[] = [];
  const found = new Map<number, SealedEvent>();
  let lost: string[] = [];
  try {
    const log = await openLog(url, { archives: [folder] });
    try {
      for (const { to, foundAt } of await archiveStates(log, [folder])) {
        if (foundAt === null) wrong.push(`the archive up to ${to} is not there`);
      }
      for await (const event of eventsOf(log.readAll())) found.set(event.offset, event);
      if ((await log.tail()).offset !== found.size) wrong.push(`it has ${found.size} events`);
      lost = [...hashes].filter(([at, hash]) => found.get(at)?.hash !== hash).map(([at]) => String(at));
      const { ok, verified } = await verifyLog(log);
      if (!ok || verified !== found.size) wrong.push(`verified ${verified} of ${found.size} events`);
      wrong.push(...erased.filter((at) => found.get(at)?.redacted !== true).map((at) => `${at} is not erased`));
      const next = await log.append({ stream: "after", events: [{ type: "t", data: {} }] }, { actor: "user:t" });
      if (next.firstOffset !== found.size + 1) wrong.push(`the next append came to ${next.firstOffset}`);
    } finally {
      await log.close();
    }
  } catch (error) {
    wrong.push(`it cannot be used: ${(error as { code?: string }).code} ${(error as Error).message}`);
  }
  return { acknowledged: hashes.size, lost, doubled: [], wrong };
}
