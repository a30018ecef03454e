import type { StartPartChecker } from "./checked-part.js";
import type { SealedEvent } from "./event.js";
import type {
  AppendResult,
  Capabilities,
  EventLog,
  LastOptions,
  OffsetRange,
  ReadPlace,
  SealedIntake,
  VersionRange,
} from "./event-log.js";
import type { Observer } from "./observer.js";
import type { AppendOptions, StreamAppend } from "./prepare.js";
import type { ReadModelTables } from "./read-model-tables.js";
import type { Tail } from "./seal.js";
import type { Sidecar } from "./sidecar.js";

/** A log whose work is told to an {@link Observer}; otherwise the log itself. Used only where somebody observes. */
export class ObservedLog implements EventLog {
  readonly url: string;
  readonly capabilities: Capabilities;
  readonly sidecar: Sidecar;
  readonly readModels?: ReadModelTables;
  readonly takeSealed?: () => SealedIntake;
  readonly redact?: NonNullable<EventLog["redact"]>;
  readonly freeze?: (movedTo: string) => Promise<Tail>;
  readonly thaw?: () => Promise<void>;
  readonly movedTo?: () => Promise<string | null>;
  readonly archive?: NonNullable<EventLog["archive"]>;
  readonly assertArchivable?: NonNullable<EventLog["assertArchivable"]>;
  readonly unarchive?: NonNullable<EventLog["unarchive"]>;
  readonly archives?: NonNullable<EventLog["archives"]>;
  readonly readPlace?: () => Promise<ReadPlace>;
  readonly indexFault?: NonNullable<EventLog["indexFault"]>;
  readonly checkPart?: StartPartChecker;
  readonly readRaw?: NonNullable<EventLog["readRaw"]>;
  readonly appendRaw?: NonNullable<EventLog["appendRaw"]>;
  readonly readDocument?: NonNullable<EventLog["readDocument"]>;
  readonly #log: EventLog;
  readonly #observer: Observer;

  /** Takes the log over: closing this closes it. */
  constructor(log: EventLog, observer: Observer) {
    this.#log = log;
    this.#observer = observer;
    this.url = log.url;
    this.capabilities = log.capabilities;
    this.sidecar = log.sidecar;
    if (log.readModels !== undefined) this.readModels = observedModels(log.readModels, observer);
    // Absent where the backend cannot do them.
    const { freeze, thaw, movedTo, takeSealed, readPlace, indexFault, redact } = log;
    const { archive, unarchive, archives, assertArchivable } = log;
    if (takeSealed !== undefined) this.takeSealed = () => observedIntake(takeSealed.call(log), observer);
    if (redact !== undefined) {
      this.redact = (request, options) => observer.operation("redact", () => redact.call(log, request, options));
    }
    if (freeze !== undefined) this.freeze = (to) => observer.operation("freeze", () => freeze.call(log, to));
    if (thaw !== undefined) this.thaw = () => observer.operation("thaw", () => thaw.call(log));
    if (movedTo !== undefined) this.movedTo = () => movedTo.call(log);
    if (archive !== undefined)
      this.archive = (...args) => observer.operation("archive", () => archive.apply(log, args));
    if (unarchive !== undefined) {
      this.unarchive = (...args) => observer.operation("unarchive", () => unarchive.apply(log, args));
    }
    if (assertArchivable !== undefined) this.assertArchivable = (to) => assertArchivable.call(log, to);
    if (archives !== undefined) this.archives = () => archives.call(log);
    if (readPlace !== undefined) this.readPlace = () => readPlace.call(log);
    if (indexFault !== undefined) this.indexFault = (to) => indexFault.call(log, to);
    const checkPart = log.checkPart?.bind(log);
    if (checkPart !== undefined) this.checkPart = checkPart;
    const { readRaw, appendRaw } = log;
    if (readRaw !== undefined)
      this.readRaw = (...args) => observer.operation("readRaw", () => readRaw.apply(log, args));
    if (appendRaw !== undefined) {
      this.appendRaw = (pieces) => observer.operation("appendRaw", () => appendRaw.call(log, pieces));
    }
    const readDocument = log.readDocument?.bind(log);
    if (readDocument !== undefined) this.readDocument = readDocument;
    observer.info("log opened", { url: log.url });
  }

  append(batch: StreamAppend | readonly StreamAppend[], options: AppendOptions): Promise<AppendResult> {
    return this.#observer.append(batch, options.actor, (marked) => this.#log.append(marked, options));
  }

  appendSealed(events: readonly SealedEvent[]): Promise<Tail> {
    return this.#observer.operation("appendSealed", () => this.#log.appendSealed(events));
  }

  truncateAfter(offset: number, expectedTail: Tail): Promise<Tail> {
    return this.#observer.operation("truncateAfter", () => this.#log.truncateAfter(offset, expectedTail));
  }

  readAll(range?: OffsetRange): AsyncGenerator<readonly SealedEvent[], void, undefined> {
    return this.#observer.pages(this.#log.readAll(range));
  }

  readStream(stream: string, range?: VersionRange): AsyncGenerator<readonly SealedEvent[], void, undefined> {
    return this.#observer.pages(this.#log.readStream(stream, range));
  }

  readLast(stream: string, options?: LastOptions): Promise<SealedEvent | undefined> {
    return this.#log.readLast(stream, options);
  }

  async tail(): Promise<Tail> {
    const tail = await this.#log.tail();
    this.#observer.saw(tail.offset);
    return tail;
  }

  offsetAt(time: Date): Promise<number> {
    return this.#log.offsetAt(time);
  }

  onAppended(ring: () => void): () => void {
    return this.#log.onAppended(ring);
  }

  async close(): Promise<void> {
    await this.#log.close();
    this.#observer.info("log closed", { url: this.url });
  }
}

function observedIntake(intake: SealedIntake, observer: Observer): SealedIntake {
  return {
    add: (events) => intake.add(events),
    append: () => observer.operation("appendSealed", () => intake.append()),
  };
}

/** A proxy, because what a backend has beside the needed operations must not get lost on the way. */
function observedModels(models: ReadModelTables, observer: Observer): ReadModelTables {
  const advance: ReadModelTables["advance"] = async (shape, fold, side) => {
    const state = await models.advance(shape, fold, side);
    if (state !== null && side === "live") observer.modelAt(shape.name, state.offset);
    return state;
  };
  return new Proxy(models, {
    get: (target, name) => {
      if (name === "advance") return advance;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
