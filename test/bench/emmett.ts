import { MAX_PAGE_EVENTS } from "../../src/log/event-log.js";
import { BENCH_ACTOR, sampleEvents } from "./events.js";

/** What the bench uses of emmett's stores. */
export interface EmmettStore {
  appendToStream(stream: string, events: readonly EmmettEvent[]): Promise<unknown>;
}

interface EmmettEvent {
  readonly type: string;
  readonly data: unknown;
  readonly metadata: unknown;
}

/** Its way to read everything, a batch at a time. */
export interface EmmettBatch {
  readonly messages: readonly { readonly data: unknown }[];
  readonly currentGlobalPosition: bigint;
}

/** The events that sessiondb appends beside it, which also say who did it. */
export function emmettEvents(count: number, from = 0): EmmettEvent[] {
  return sampleEvents(count, from).map(({ type, data, meta }) => ({
    type,
    data,
    metadata: { ...meta, ...BENCH_ACTOR },
  }));
}

/** @returns how many there were, each with its data parsed */
export async function readBatches(
  next: (options: { after: bigint; batchSize: number }) => Promise<EmmettBatch>,
): Promise<number> {
  let [after, count] = [0n, 0];
  while (true) {
    const { messages, currentGlobalPosition } = await next({ after, batchSize: MAX_PAGE_EVENTS });
    if (messages.length === 0) return count;
    count += messages.filter(({ data }) => data !== undefined).length;
    after = currentGlobalPosition;
  }
}
