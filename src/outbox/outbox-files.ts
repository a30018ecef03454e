import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../files/make-folder.js";
import type { EventLog } from "../log/event-log.js";
import type { LogNotice } from "../log/open-log-options.js";
import { openLog } from "../open-log.js";
import { firstState, type OutboxState, readState, writeState } from "./outbox-state.js";

export interface OutboxFilesOptions {
  readonly now?: (() => Date) | undefined;
  /** How long to wait for other processes with the same outbox. Default 10,000. */
  readonly lockTimeoutMs?: number | undefined;
  readonly onNotice?: ((notice: LogNotice) => void) | undefined;
}

/** The files of one outbox by their names: its state, and logs that are opened when they are first asked for. */
export class OutboxFiles {
  readonly folder: string;
  readonly #store: string;
  readonly #options: OutboxFilesOptions;
  readonly #logs = new Map<string, Promise<EventLog>>();

  /** Makes the folder, 0700, where it is not there. `store` is the address for people, without a password. */
  constructor(folder: string, store: string, options: OutboxFilesOptions) {
    makeFolder(folder, 0o700);
    this.folder = folder;
    this.#store = store;
    this.#options = options;
  }

  /** The caller holds the outbox's lock. */
  async stateLocked(): Promise<OutboxState> {
    const state = await readState(this.folder);
    if (state !== undefined) return state;
    const first = firstState(this.#store);
    await writeState(this.folder, first);
    return first;
  }

  /** @param file `copy-1.jsonl`, as the state names it; opened once, closed with the others */
  log(file: string): Promise<EventLog> {
    const { now, lockTimeoutMs, onNotice } = this.#options;
    const known = this.#logs.get(file);
    if (known !== undefined) return known;
    const opening = openLog(`jsonl:${join(this.folder, file)}`, {
      scrub: { mode: "off" }, // what comes here was scrubbed, or is a copy
      ...(now === undefined ? {} : { now }),
      ...(lockTimeoutMs === undefined ? {} : { lockTimeoutMs }),
      ...(onNotice === undefined ? {} : { onNotice }),
    });
    this.#logs.set(file, opening);
    opening.catch(() => this.#logs.delete(file)); // the next call tries again
    return opening;
  }

  /** Removes logs, with what stands beside them. */
  async remove(isMeant: (file: string) => boolean): Promise<void> {
    for (const name of await readdir(this.folder)) {
      const [file = ""] = /^[a-z]+-\d+\.jsonl/.exec(name) ?? [];
      if (file === "" || !isMeant(file)) continue;
      await this.#closeLog(file);
      await rm(join(this.folder, name), { recursive: true, force: true });
    }
  }

  async close(): Promise<void> {
    for (const file of [...this.#logs.keys()]) await this.#closeLog(file);
  }

  async #closeLog(file: string): Promise<void> {
    const log = await this.#logs.get(file)?.catch(() => undefined); // what never opened has nothing to close
    this.#logs.delete(file);
    await log?.close();
  }
}
