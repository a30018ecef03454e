import { IntegrityError } from "../errors.js";
import type { EventLog } from "../log/event-log.js";
import { appendsOf } from "../log/paging.js";
import { EMPTY_TAIL, type Tail } from "../log/seal.js";
import { CopiedPart } from "./copied-part.js";
import { LocalView } from "./local-view.js";
import type { OutboxState } from "./outbox-state.js";
import { type QueuedAppend, queuedAppend } from "./queued-append.js";

/** The view as it was last seen, and how far into the queue's file it reaches. */
interface Known {
  readonly copy: string;
  readonly queue: string;
  readonly view: LocalView;
  readonly last: Tail;
}

/**
 * The local view of an outbox, kept between two looks: while the copy and the queue's file are the same, only what was queued
 * since is read.
 */
export class KnownView {
  readonly #log: (file: string) => Promise<EventLog>;
  #known: Known | undefined;

  /** @param log opens a file of the outbox, as the state names it */
  constructor(log: (file: string) => Promise<EventLog>) {
    this.#log = log;
  }

  /** A long copy is indexed before the lock is taken, so that others need not wait for that. */
  async warm({ copy }: OutboxState): Promise<void> {
    if (this.#known?.copy === keyOf(copy)) return;
    for await (const _ of (await this.#log(copy.file)).readStream("outbox")) break;
  }

  /**
   * The view of that state, with all that waits. The caller holds the lock of the outbox.
   *
   * @throws IntegrityError OUTBOX_DAMAGED where something that was copied or queued is not there any more
   */
  async at(state: OutboxState): Promise<LocalView> {
    const { file, from } = state.queue;
    const log = await this.#log(file);
    const tail = await log.tail();
    assertNotShorter(log, tail, from);
    const known = this.#known;
    const goesOn =
      known?.copy === keyOf(state.copy) && known.queue === `${file} ${from}` && known.last.offset <= tail.offset;
    const { view, last } = goesOn ? known : await this.#begin(state);
    if (last.offset < tail.offset) await view.extend(await appendsIn(log, last.offset + 1));
    this.#known = { copy: keyOf(state.copy), queue: `${file} ${from}`, view, last: tail };
    return view;
  }

  async #begin({ copy, queue }: OutboxState): Promise<Pick<Known, "view" | "last">> {
    const { offset, hash, recordedAt } = copy;
    const copied = new CopiedPart(await this.#log(copy.file), { offset, hash, recordedAt });
    await copied.assertThere();
    return { view: new LocalView(copied), last: { ...EMPTY_TAIL, offset: queue.from - 1 } };
  }
}

/** What stands in a queue or among the conflicts from `from` on. */
export async function appendsIn(log: EventLog, from: number): Promise<QueuedAppend[]> {
  const appends: QueuedAppend[] = [];
  for await (const stored of appendsOf(log.readAll({ from }))) appends.push(queuedAppend(stored));
  return appends;
}

function keyOf({ file, offset, hash }: OutboxState["copy"]): string {
  return `${file} ${offset} ${hash}`;
}

/** What was answered already is still in the file: where it is not, something else may be gone, too. */
export function assertNotShorter({ url }: EventLog, { offset }: Tail, from: number): void {
  if (offset >= from - 1) return;
  throw new IntegrityError("OUTBOX_DAMAGED", `${url} ends at ${offset}, and ${from - 1} of it were sent already`, {
    offset,
    hint: "somebody has cut or replaced this file; keep the folder, and move it away to begin a new outbox",
  });
}
