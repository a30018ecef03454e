import { eventsOf } from "../../src/log/paging.js";
import { openLog } from "../../src/open-log.js";
import { outboxReport } from "../../src/outbox/outbox-report.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import type { Verdict } from "./oracle.js";
import { writerEventId } from "./writer-event.js";

/** Acknowledged numbers of one writer, by the server or by the outbox. */
type Acknowledged = readonly number[];

/** What test/workers/outbox-writer.ts was told: it stands in the log once, with its id, in order in its stream; nothing waits, nothing conflicts. */
export async function judgeOutbox(url: string, outboxRoot: string, writers: readonly Acknowledged[]): Promise<Verdict> {
  const log = await openLog(url);
  const [found, wrong] = [new Map<string, number>(), [] as string[]];
  const last = new Map<string, number>();
  try {
    for await (const event of eventsOf(log.readAll())) {
      const { writer, i } = event.data as { writer: number; i: number };
      found.set(`${writer}/${i}`, (found.get(`${writer}/${i}`) ?? 0) + 1);
      if (event.id !== writerEventId(writer, i)) wrong.push(`${writer}/${i} has another id`);
      const place = `${writer} ${event.stream}`;
      if (i < (last.get(place) ?? 0)) wrong.push(`${writer}/${i} comes after ${last.get(place)}`);
      last.set(place, i);
    }
    if (!(await verifyLog(log)).ok) wrong.push("the chain does not verify");
  } finally {
    await log.close();
  }
  const { queue, conflicts } = await outboxReport(outboxRoot, url);
  if (queue.length + conflicts.length > 0) wrong.push(`${queue.length} wait, ${conflicts.length} conflict`);
  const acknowledged = writers.flatMap((own, n) => own.map((i) => `${n + 1}/${i}`));
  return {
    acknowledged: acknowledged.length,
    lost: acknowledged.filter((mark) => !found.has(mark)),
    doubled: [...found].filter(([, count]) => count > 1).map(([mark]) => mark),
    wrong,
  };
}
