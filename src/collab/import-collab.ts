import { defined } from "../defined.js";
import { NotFoundError, SessionDbError } from "../errors.js";
import type { CollabRecord } from "../import/collab-record.js";
import type { ImportNote, ImportReport } from "../import/report.js";
import type { CollabNote } from "./collab-log.js";
import type { CollaborativeSessions } from "./collaborative-sessions.js";
import { type ComparedKind, differences } from "./differences.js";
import { type EarlierValues, earlierValues } from "./earlier-values.js";
import { type Told, toldAgent, toldArtifact, toldChunk, toldMemory, toldSession, toldTask } from "./foreign-record.js";
import { isSameTask, taskEndOf, taskInputOf } from "./foreign-task.js";

type Outcome = "imported" | "updated" | "unchanged";

/**
 * Takes over the collaborative sessions of another system, record by record. What is here already with the same content is
 * left alone, so importing the same again adds nothing; a memory or artifact that the source has changed gets one more value, a
 * session, task or agent is left as it is here and told, and a chunk of other text is refused. What does not fit is told.
 *
 * @param report of the reader of the records; what became of each is counted in it
 */
export async function importCollab(
  collab: CollaborativeSessions,
  records: AsyncIterable<CollabRecord>,
  report: ImportReport,
  note: CollabNote = {},
): Promise<ImportReport> {
  const importer = new CollabImport(collab, report, { source: report.source, ...note });
  for await (const record of records) await importer.take(record);
  await importer.finish();
  return report;
}

class CollabImport {
  readonly #collab: CollaborativeSessions;
  readonly #report: ImportReport;
  readonly #note: CollabNote;
  readonly #known = new Set<string>();
  /** What the source says again, after it had said something else: to be written unless that comes, too. */
  readonly #older = new Map<string, () => Promise<unknown>>();

  constructor(collab: CollaborativeSessions, report: ImportReport, note: CollabNote) {
    this.#collab = collab;
    this.#report = report;
    this.#note = note;
  }

  /** What the library refuses is refused and told; that the store fails ends the import. */
  async take(record: CollabRecord): Promise<void> {
    try {
      this.#report[await this.#written(record)]++;
    } catch (error) {
      if (!(error instanceof SessionDbError) || !REFUSALS.includes(error.code)) throw error;
      this.#report.refused++;
      this.#tell(record, "refused", error.message);
    }
  }

  async finish(): Promise<void> {
    for (const write of this.#older.values()) {
      await write();
      this.#report.unchanged--;
      this.#report.updated++;
    }
  }

  async #written(record: CollabRecord): Promise<Outcome> {
    const { kind, session } = record;
    if (kind === "agent") return this.#agent(record);
    if (kind === "session") return this.#session(record);
    if (session !== undefined) await this.#assureSession(record, session);
    switch (kind) {
      case "task":
        return this.#task(record, session ?? null);
      case "chunk":
      case "transcript":
        return this.#chunk(record, session ?? "");
      case "memory":
      case "extracted":
        return this.#memory(record, session ?? "");
      case "artifact":
        return this.#artifact(record, session ?? "");
      default:
        throw new TypeError(`unhandled ${kind satisfies never}`);
    }
  }

  async #session(record: CollabRecord): Promise<Outcome> {
    const { status, completedAt, ...input } = this.#told(record, toldSession(record));
    const { sessions } = this.#collab;
    const there = await orNull(sessions.get(record.id));
    if (there !== null) {
      this.#tellDifferences(record, "session", there, { ...input, status });
      return "unchanged";
    }
    await sessions.create(record.id, input, this.#note);
    if (status === "paused") await sessions.pause(record.id, this.#note);
    if (status === "completed") {
      await sessions.complete(record.id, { ...this.#note, ...defined({ at: completedAt }) });
    }
    return "imported";
  }

  async #chunk(record: CollabRecord, session: string): Promise<Outcome> {
    const input = this.#told(record, toldChunk(record));
    const { chunks } = this.#collab;
    const there = await orNull(chunks.get(session, record.id));
    if (there !== null && there.content === input.content) {
      this.#tellDifferences(record, "chunk", there, input);
      return "unchanged";
    }
    await chunks.add(session, record.id, input, this.#note);
    return "imported";
  }

  async #memory(record: CollabRecord, session: string): Promise<Outcome> {
    const key = record.kind === "extracted" ? `extracted/${record.id}` : record.id;
    const input = this.#told(record, toldMemory(record));
    const earlier = await this.#earlier("memory", session, key, input);
    return this.#value(record, earlier, () => this.#collab.memories.set(session, key, input, this.#note));
  }

  async #artifact(record: CollabRecord, session: string): Promise<Outcome> {
    const input = this.#told(record, toldArtifact(record));
    const earlier = await this.#earlier("artifact", session, record.id, input);
    return this.#value(record, earlier, () => this.#collab.artifacts.save(session, record.id, input, this.#note));
  }

  #earlier(part: "memory" | "artifact", session: string, key: string, input: object): Promise<EarlierValues> {
    const place = { part, session, key, source: this.#note.source };
    return earlierValues(this.#collab.log, place, (one) => differences(part, one, input).length === 0);
  }

  /**
   * One more value, where the source has changed it since its last import. A value that it had before its last one is an earlier
   * one again, unless a record that says the last one comes, too: some sources hold one key twice.
   */
  async #value(
    { kind, session, id }: CollabRecord,
    { count, anySame, ofSource }: EarlierValues,
    write: () => Promise<unknown>,
  ): Promise<Outcome> {
    const key = JSON.stringify([kind, session, id]);
    this.#older.delete(key);
    if (ofSource === "older") this.#older.set(key, write);
    if (ofSource === "last" || ofSource === "older" || (ofSource === "none" && anySame)) return "unchanged";
    await write();
    return count === 0 ? "imported" : "updated";
  }

  async #task(record: CollabRecord, session: string | null): Promise<Outcome> {
    const told = this.#told(record, toldTask(record));
    const { tasks } = this.#collab;
    const there = await orNull(tasks.get(`${session ?? ""}/${record.id}`));
    if (there !== null) {
      const differs = "there is a task of this id that differs, or did not end so; it was left as it is here";
      if (!isSameTask(there, told)) this.#tell(record, "remark", differs);
      return "unchanged";
    }
    await tasks.create(session, { ...taskInputOf(told), taskId: record.id }, { ...this.#note, ended: taskEndOf(told) });
    return "imported";
  }

  async #agent(record: CollabRecord): Promise<Outcome> {
    const input = this.#told(record, toldAgent(record));
    const there = await this.#collab.agents.find(record.id);
    if (there === null) {
      await this.#collab.agents.register(record.id, input, this.#note);
      return "imported";
    }
    this.#tellDifferences(record, "agent", there, input);
    return "unchanged";
  }

  /** A part whose session could not be read is not lost: a session is made for it. */
  async #assureSession(record: CollabRecord, session: string): Promise<void> {
    if (this.#known.has(session)) return;
    if ((await orNull(this.#collab.sessions.get(session))) === null) {
      await this.#collab.sessions.create(session, {}, this.#note);
      this.#tell(record, "remark", `its session ${session} could not be read; one of this id was made for it`);
    }
    this.#known.add(session);
  }

  /** Of what is not changed by an import. */
  #tellDifferences(record: CollabRecord, kind: ComparedKind, there: object, told: object): void {
    const names = differences(kind, there, told);
    if (names.length === 0) return;
    const which = `there is ${kind === "agent" ? "an" : "a"} ${kind} of this id that differs (${names.join(", ")})`;
    this.#tell(record, "remark", `${which}; it was left as it is here`);
  }

  #told<Input>(record: CollabRecord, { input, repairs }: Told<Input>): Input {
    if (repairs.length > 0 && record.repaired !== true) this.#report.repaired++;
    for (const why of repairs) this.#tell(record, "repaired", why);
    return input;
  }

  #tell({ kind, session, id }: CollabRecord, what: ImportNote["kind"], why: string): void {
    const place = [kind, ...(session === undefined || kind === "session" ? [] : [session]), id].join(" ");
    this.#report.notes.push({ kind: what, place, id, why });
  }
}

/** Codes that are about one record and not about the store. */
const REFUSALS = [
  ...["COLLAB_ID_INVALID", "COLLAB_INVALID", "CONTENT_TOO_LARGE", "CHUNK_EXISTS", "COLLAB_EVENT_INVALID"],
  ...["DATA_NOT_JSON", "DATA_TOO_DEEP", "DATA_TOO_LARGE", "NAME_INVALID"],
];

async function orNull<T>(found: Promise<T>): Promise<T | null> {
  return found.catch((error: unknown) => {
    if (error instanceof NotFoundError) return null;
    throw error;
  });
}
