import { StorageError } from "../errors.js";
import type { ArchiveEntry } from "./archives.js";
import type { StartPartChecker } from "./checked-part.js";
import type { SealedEvent } from "./event.js";
import type {
  AppendResult,
  Capabilities,
  EventLog,
  LastOptions,
  OffsetRange,
  ReadPlace,
  VersionRange,
} from "./event-log.js";
import type { Tail } from "./seal.js";
import type { Sidecar } from "./sidecar.js";

/** A log that is only looked at: reads go through, everything that would write is refused with STORAGE_READ_ONLY. */
export class ReadOnlyLog implements EventLog {
  readonly url: string;
  readonly capabilities: Capabilities;
  readonly sidecar: Sidecar;
  readonly movedTo?: () => Promise<string | null>;
  readonly archives?: () => Promise<readonly ArchiveEntry[]>;
  readonly readPlace?: () => Promise<ReadPlace>;
  readonly indexFault?: NonNullable<EventLog["indexFault"]>;
  readonly checkPart?: StartPartChecker;
  readonly readRaw?: NonNullable<EventLog["readRaw"]>;
  readonly #log: EventLog;

  /** Takes the log over: closing this closes it. */
  constructor(log: EventLog) {
    this.#log = log;
    this.url = log.url;
    this.capabilities = log.capabilities;
    this.sidecar = readOnlySidecar(log);
    const movedTo = log.movedTo?.bind(log);
    if (movedTo !== undefined) this.movedTo = movedTo;
    const archives = log.archives?.bind(log);
    if (archives !== undefined) this.archives = archives;
    const readPlace = log.readPlace?.bind(log);
    if (readPlace !== undefined) this.readPlace = readPlace;
    const indexFault = log.indexFault?.bind(log);
    if (indexFault !== undefined) this.indexFault = indexFault;
    const checkPart = log.checkPart?.bind(log);
    if (checkPart !== undefined) this.checkPart = checkPart;
    const readRaw = log.readRaw?.bind(log);
    if (readRaw !== undefined) this.readRaw = readRaw;
  }

  async append(): Promise<AppendResult> {
    throw readOnlyRefusal(this.url, "append");
  }

  async appendSealed(): Promise<Tail> {
    throw readOnlyRefusal(this.url, "appendSealed");
  }

  async truncateAfter(): Promise<Tail> {
    throw readOnlyRefusal(this.url, "truncateAfter");
  }

  readAll(range?: OffsetRange): AsyncGenerator<readonly SealedEvent[], void, undefined> {
    return this.#log.readAll(range);
  }

  readStream(stream: string, range?: VersionRange): AsyncGenerator<readonly SealedEvent[], void, undefined> {
    return this.#log.readStream(stream, range);
  }

  readLast(stream: string, options?: LastOptions): Promise<SealedEvent | undefined> {
    return this.#log.readLast(stream, options);
  }

  tail(): Promise<Tail> {
    return this.#log.tail();
  }

  offsetAt(time: Date): Promise<number> {
    return this.#log.offsetAt(time);
  }

  onAppended(ring: () => void): () => void {
    return this.#log.onAppended(ring);
  }

  close(): Promise<void> {
    return this.#log.close();
  }
}

function readOnlySidecar({ url, sidecar }: EventLog): Sidecar {
  return {
    read: (name) => sidecar.read(name),
    list: (prefix) => sidecar.list(prefix),
    write: async () => {
      throw readOnlyRefusal(url, "sidecar.write");
    },
    remove: async () => {
      throw readOnlyRefusal(url, "sidecar.remove");
    },
  };
}

/** What anything that would write says of a log that is only looked at. */
export function readOnlyRefusal(url: string, operation: string): StorageError {
  return new StorageError("STORAGE_READ_ONLY", `${operation}: ${url} was opened for reading only`, {
    hint: "open it without readOnly to change it",
  });
}
