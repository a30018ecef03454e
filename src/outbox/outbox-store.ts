import { join } from "node:path";
import type { SessionDbError } from "../errors.js";
import { FileLock } from "../files/file-lock.js";
import type { EventLog } from "../log/event-log.js";
import type { PreparedEvent } from "../log/prepare.js";
import type { SealOutcome } from "../log/seal.js";
import { appendsIn, assertNotShorter, KnownView } from "./known-view.js";
import type { LocalView } from "./local-view.js";
import { OutboxFiles, type OutboxFilesOptions } from "./outbox-files.js";
import { emptyCopy, nextFile, type OutboxState, readState, writeState } from "./outbox-state.js";
import type { ProvisionalPlaces } from "./provisional-places.js";
import { assertRoom, queueRefusal } from "./queue-rules.js";
import { type QueuedAppend, storedForm } from "./queued-append.js";

export type OutboxPart = "queue" | "conflicts" | "copy";

/** What the outbox holds at one moment. */
export interface OutboxNow {
  readonly state: OutboxState;
  readonly view: LocalView;
}

/**
 * The folder of one outbox, shared by all processes of this machine:
 *
 *   outbox.json        which files count, see `OutboxState`     outbox.lock   guards it and the queue, for moments
 *   copy-N.jsonl       the beginning of the server's log        replay.lock   who replays or copies; taken before outbox.lock
 *   queue-N.jsonl      what waits for the server                conflicts-N.jsonl what the server's log did not take
 *
 * The three are logs like any other, so what was put there survives a crash, and half an append of a killed process is none.
 */
export class OutboxStore {
  readonly folder: string;
  /** The server's address for people. */
  readonly url: string;
  /** Held while something is replayed or copied: one process at a time. */
  readonly replayLock: FileLock;
  readonly now: () => Date;
  readonly #files: OutboxFiles;
  readonly #lock: FileLock;
  readonly #view: KnownView;

  /** Makes the folder, 0700, where it is not there. `store` is the address for people, without a password. */
  constructor(folder: string, store: string, options: OutboxFilesOptions = {}) {
    const limitMs = options.lockTimeoutMs ?? 10_000;
    this.folder = folder;
    this.url = store;
    this.now = options.now ?? (() => new Date());
    this.#files = new OutboxFiles(folder, store, options);
    this.#view = new KnownView((file) => this.log(file));
    this.replayLock = new FileLock(join(folder, "replay.lock"), limitMs);
    this.#lock = new FileLock(join(folder, "outbox.lock"), limitMs);
  }

  /** @throws IntegrityError OUTBOX_DAMAGED where something that was copied or queued is not there any more */
  async current(): Promise<OutboxNow> {
    await this.#warm();
    return this.#lock.hold(() => this.#currentLocked());
  }

  /** What waits, without a look at the copy, which may be damaged. */
  async pending(): Promise<{ readonly state: OutboxState; readonly queue: readonly QueuedAppend[] }> {
    return this.#lock.hold(async () => {
      const state = await this.#files.stateLocked();
      const log = await this.log(state.queue.file);
      assertNotShorter(log, await log.tail(), state.queue.from);
      return { state, queue: await appendsIn(log, state.queue.from) };
    });
  }

  async state(): Promise<OutboxState> {
    return this.#lock.hold(() => this.#files.stateLocked());
  }

  /** Whether appends wait. Reads none of them. */
  async isWaiting(): Promise<boolean> {
    return this.#lock.hold(async () => {
      const { queue } = await this.#files.stateLocked();
      return (await (await this.log(queue.file)).tail()).offset >= queue.from;
    });
  }

  /**
   * Puts a group of appends behind what waits, durably, each checked against the local view: as a log that is as the view
   * would have answered. Where there is no view yet, only appends that expect nothing are taken.
   *
   * @param unsure of each append whether the server may have taken it
   * @param places that the caller was given while the server was away
   * @throws UnavailableError OUTBOX_FULL; nothing of the group was taken
   */
  async enqueue(
    group: readonly (readonly PreparedEvent[])[],
    why: string,
    unsure: readonly boolean[],
    places: ProvisionalPlaces,
  ): Promise<SealOutcome[]> {
    await this.#warm();
    return this.#lock.hold(async () => {
      const { state, view } = await this.#currentLocked();
      assertRoom(view, group);
      const refused: (SessionDbError | undefined)[] = [];
      for (const append of group) refused.push(queueRefusal(append, state) ?? (await places.refusal(append, view)));
      const taken = group.filter((_, i) => refused[i] === undefined);
      const outcomes = [...(await view.outcomes(taken, this.now()))];
      const answers = refused.map((error): SealOutcome => {
        return error === undefined ? (outcomes.shift() as SealOutcome) : { kind: "refused", error };
      });
      await this.#write(state, group, answers, why, unsure);
      return this.#asStored(answers).catch(() => answers); // they wait already: what fails now is met by the next call
    });
  }

  /** @param file `copy-1.jsonl`, as the state names it */
  log(file: string): Promise<EventLog> {
    return this.#files.log(file);
  }

  async conflicts(): Promise<EventLog> {
    return this.log((await this.state()).conflicts.file);
  }

  /** Appends that the server's log did not take. */
  async conflicting(): Promise<QueuedAppend[]> {
    return appendsIn(await this.conflicts(), 1);
  }

  /** One step: what was copied is there from now on. The caller holds `replayLock`. */
  async publishCopy(copy: OutboxState["copy"]): Promise<void> {
    await this.#lock.hold(async () => {
      const state = await this.#files.stateLocked();
      await writeState(this.folder, { ...state, copy, contactAt: this.now().toISOString() });
    });
  }

  /**
   * One step: what waited up to `last` waits no more, and is in the copy from now on, if there is one. The caller holds
   * `replayLock`.
   */
  async publishAnswered(last: number, copy: OutboxState["copy"]): Promise<void> {
    await this.#lock.hold(async () => {
      const state = await this.#files.stateLocked();
      const { file } = state.queue;
      const { offset } = await (await this.log(file)).tail();
      const queue = offset === last ? { file: nextFile(file), from: 1 } : { file, from: last + 1 };
      await writeState(this.folder, { ...state, copy, queue, contactAt: this.now().toISOString() });
      if (queue.file !== file) await this.#files.remove((name) => name === file); // all of it is answered
    });
  }

  /**
   * One step: what waits, what conflicts, or the copy counts no more. The files of the first two stay as they are. The caller
   * holds `replayLock`.
   *
   * @returns the file that was dropped
   */
  async drop(part: OutboxPart): Promise<string> {
    return this.#lock.hold(async () => {
      const state = await this.#files.stateLocked();
      const { file } = state[part];
      const next = nextFile(file);
      const fresh = { queue: { file: next, from: 1 }, conflicts: { file: next }, copy: emptyCopy(next) };
      await writeState(this.folder, { ...state, [part]: fresh[part] });
      if (part === "copy") await this.#files.remove((name) => name.startsWith("copy-") && name !== next);
      return join(this.folder, file);
    });
  }

  async close(): Promise<void> {
    await this.replayLock.close();
    await this.#lock.close();
    await this.#files.close();
  }

  async #write(
    { queue }: OutboxState,
    group: readonly (readonly PreparedEvent[])[],
    answers: readonly SealOutcome[],
    why: string,
    unsure: readonly boolean[],
  ): Promise<void> {
    const log = await this.log(queue.file);
    const writing = group.map((events, i) => {
      if (answers[i]?.kind !== "sealed") return undefined;
      const note = {
        expected: events.map(({ expectedVersion }) => expectedVersion ?? null),
        madeIds: events.every(({ fresh }) => fresh),
        unsure: unsure[i] === true,
        why,
      };
      return log.append(storedForm(events, note), { actor: "outbox" });
    });
    await Promise.all(writing); // called in one turn: one write, one sync
  }

  /** The events as the view has them from now on. */
  async #asStored(answers: readonly SealOutcome[]): Promise<SealOutcome[]> {
    const { view } = await this.#currentLocked();
    return answers.map((answer) => {
      if (answer.kind !== "sealed") return answer;
      return { kind: "sealed", events: answer.events.map((event) => view.addedEvent(event.id) ?? event) };
    });
  }

  async #warm(): Promise<void> {
    const state = await readState(this.folder);
    if (state !== undefined) await this.#view.warm(state);
  }

  async #currentLocked(): Promise<OutboxNow> {
    const state = await this.#files.stateLocked();
    return { state, view: await this.#view.at(state) };
  }
}
