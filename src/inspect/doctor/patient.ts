import { examineStore, probeStore } from "../../backends/unopened-store.js";
import type { Config } from "../../config/layers.js";
import type { EventLog } from "../../log/event-log.js";
import type { OpenLogOptions } from "../../log/open-log-options.js";
import { shellWord } from "../../log/shell-word.js";
import type { StoreExam } from "../../log/store-exam.js";
import type { StoreProbe } from "../../log/store-probe.js";
import type { NamedStores } from "../../migrate/named-stores.js";
import { openLog, openToDiagnose, shownUrl } from "../../open-log.js";
import type { Seen } from "./finding.js";

export interface PatientOptions {
  /** The address of the store. */
  readonly url: string;
  readonly openOptions?: OpenLogOptions;
  /** Configuration to look at, too. */
  readonly config?: Config;
  /** Commands that mend say `--store` where they would else mean another store. Default true. */
  readonly nameStore?: boolean;
  /** Nobody has named this store: that there is none yet is fine. */
  readonly isDefaultPlace?: boolean;
  /** Compares records and workspaces: sees what lies below the base folder, and what should. */
  readonly workspaces?: (patient: Patient) => Promise<readonly Seen[]>;
  /** Told now and then during long checks. */
  readonly onProgress?: (check: string, done: number, total: number) => void;
  readonly now?: Date;
}

/** A store that is looked at. The log is opened once, to read only, and every check that needs it meets the same error. */
export class Patient {
  /** The address, without a password. */
  readonly shown: string;
  readonly now: Date;
  readonly options: PatientOptions;
  /** Why the log could not be opened. */
  closedBecause: unknown;
  #log: Promise<EventLog> | undefined;
  #exam: Promise<StoreExam | undefined> | undefined;

  constructor(options: PatientOptions) {
    this.options = options;
    this.shown = shownUrl(options.url);
    this.now = options.now ?? new Date();
  }

  log(): Promise<EventLog> {
    this.#log ??= this.#open();
    return this.#log;
  }

  /** undefined where nothing is known of such a store. */
  exam(): Promise<StoreExam | undefined> {
    this.#exam ??= examineStore(this.options.url, this.options.openOptions);
    return this.#exam;
  }

  probe(): Promise<StoreProbe> {
    return probeStore(this.options.url, this.options.openOptions);
  }

  /** Opens the log to write, for what mends it. @returns what was noticed while it was opened */
  async writing<T>(act: (log: EventLog) => Promise<T>): Promise<{ result: T; notices: readonly string[] }> {
    const notices: string[] = [];
    const onNotice = ({ message }: { message: string }) => notices.push(message);
    const log = await openLog(this.options.url, { ...this.options.openOptions, mustExist: true, onNotice });
    try {
      return { result: await act(log), notices };
    } finally {
      await log.close();
    }
  }

  /** ` --store …` for a command that is to mean this store; a password is not written down again. */
  get storeOption(): string {
    if (this.options.nameStore === false) return "";
    return this.shown.includes("***") ? ' --store "$SESSIONDB_STORE"' : ` --store ${shellWord(this.shown)}`;
  }

  /** What commands without a `storeOption` are to name. */
  get named(): NamedStores {
    return this.options.nameStore === false ? {} : { store: this.shown };
  }

  async #open(): Promise<EventLog> {
    try {
      return await openToDiagnose(this.options.url, this.options.openOptions);
    } catch (error) {
      this.closedBecause = error;
      throw error;
    }
  }

  async close(): Promise<void> {
    const log = await this.#log?.catch(() => undefined); // it was never open, and its checks have said so
    await log?.close();
  }
}
