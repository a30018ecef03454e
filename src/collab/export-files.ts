import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Artifact } from "../../projections/collab-artifacts.js";
import type { CollabSession } from "../../projections/collab-sessions.js";
import type { Task } from "../../projections/collab-tasks.js";
import { defined } from "../defined.js";
import { RefusedError, StorageError } from "../errors.js";
import { fileErrorText } from "../files/file-error-text.js";
import { makeFolder } from "../files/make-folder.js";
import { unfinishedPath } from "../files/new-file.js";
import type { Page } from "../query/query.js";
import type { CollabAsOf } from "./collab-log.js";
import type { CollaborativeSessions } from "./collaborative-sessions.js";
import { fileName, fileStem } from "./file-name.js";

export interface CollabExport {
  readonly folder: string;
  readonly offset: number;
  readonly sessions: number;
  readonly files: number;
}

/**
 * Writes all sessions as ai-webhook keeps them in files, into a new folder that appears whole or not at all; importing it
 * gives the same sessions, with the newest value of each memory and the newest version of each artifact. Agents and tasks
 * of no session have no place in that layout.
 *
 * @throws RefusedError OUTPUT_EXISTS the folder is there; StorageError OUTPUT_UNWRITABLE
 */
export async function exportCollabFiles(
  collab: CollaborativeSessions,
  folder: string,
  options: CollabAsOf & { readonly signal?: AbortSignal } = {},
): Promise<CollabExport> {
  const asOf = options.asOf ?? (await collab.log.tail()).offset;
  const unfinished = unfinishedPath(folder);
  try {
    const files = new SessionFiles(collab, join(unfinished, "sessions"), asOf, options.signal);
    const sessions = await files.writeAll();
    await assertFree(folder);
    await rename(unfinished, folder);
    return { folder, offset: asOf, sessions, files: files.count };
  } catch (error) {
    throw toldError(folder, error);
  } finally {
    // Where nothing could be made, nothing can be taken away.
    await rm(unfinished, { recursive: true, force: true }).catch(() => undefined);
  }
}

type Ask<D> = (cursor: string | undefined) => Promise<Page<D>>;

class SessionFiles {
  count = 0;
  readonly #collab: CollaborativeSessions;
  readonly #root: string;
  readonly #asOf: number;
  readonly #signal: AbortSignal | undefined;

  constructor(collab: CollaborativeSessions, root: string, asOf: number, signal?: AbortSignal) {
    this.#collab = collab;
    this.#root = root;
    this.#asOf = asOf;
    this.#signal = signal;
  }

  async writeAll(): Promise<number> {
    let sessions = 0;
    makeFolder(this.#root, 0o700);
    for await (const session of this.#all((page) => this.#collab.sessions.list(this.#page(page)))) {
      await this.#writeSession(session);
      sessions++;
    }
    return sessions;
  }

  async #writeSession(session: CollabSession): Promise<void> {
    const { id } = session;
    await this.#json([id, "session.json"], sessionJson(session));
    for await (const { chunkId } of this.#all((page) => this.#collab.chunks.list(id, this.#page(page)))) {
      const chunk = await this.#collab.chunks.get(id, chunkId, { asOf: this.#asOf });
      const { content, format, startTime, endTime, participants, extractedItems, metadata, created } = chunk;
      const times = { start_time: startTime, end_time: endTime, timestamp: created };
      const rest = { format, content, participants, extracted_items: extractedItems, metadata };
      await this.#json([id, "conversation", `chunk_${fileName(chunkId)}.json`], {
        chunk_id: chunkId,
        ...times,
        ...rest,
      });
    }
    for await (const memory of this.#all((page) => this.#collab.memories.list(id, this.#page(page)))) {
      const { key, type, content, tags, created } = memory;
      const json = { type, key, content, tags, timestamp: created, session_id: id };
      await this.#json([id, "memories", `${fileName(key)}.json`], json);
    }
    for await (const task of this.#all((page) => this.#collab.tasks.list({ session: id, ...this.#page(page) }))) {
      await this.#json([id, "tasks", `${fileName(task.taskId)}.json`], taskJson(task));
    }
    for await (const artifact of this.#all((page) => this.#collab.artifacts.list(id, this.#page(page)))) {
      await this.#writeArtifact(artifact);
    }
  }

  async #writeArtifact({
    session,
    artifactId,
    type,
    name,
    format,
    encoding,
    taskId,
    metadata,
    created,
  }: Artifact): Promise<void> {
    const { content } = await this.#collab.artifacts.get(session, artifactId, { asOf: this.#asOf });
    const stem = fileStem(artifactId); // the importer takes the last dot for the extension
    const file = artifactFile(stem, format, encoding);
    await this.#write([session, "artifacts", file], Buffer.from(content ?? "", encoding));
    const bytes = encoding === "base64" ? { encoding } : {}; // which may look like a text
    const meta = { id: artifactId, type, name, format, ...bytes, task_id: taskId, created, metadata };
    await this.#json([session, "artifacts", `${stem}_meta.json`], meta);
  }

  #page(cursor: string | undefined) {
    return { asOf: this.#asOf, ...defined({ cursor }) };
  }

  async *#all<D>(ask: Ask<D>): AsyncGenerator<D, void, undefined> {
    let cursor: string | undefined;
    do {
      const { documents, next } = await ask(cursor);
      yield* documents;
      cursor = next ?? undefined;
    } while (cursor !== undefined);
  }

  async #json(path: readonly string[], value: object): Promise<void> {
    await this.#write(path, `${JSON.stringify(value, null, 2)}\n`);
  }

  async #write(path: readonly string[], content: string | Buffer): Promise<void> {
    this.#signal?.throwIfAborted();
    const file = join(this.#root, ...path);
    makeFolder(dirname(file), 0o700);
    await writeFile(file, content, { mode: 0o600, flag: "wx" });
    this.count++;
  }
}

function sessionJson(session: CollabSession): object {
  const { id, title, participants, context, status, created, lastActivity, completedAt, metadata } = session;
  const { chunkCount, memoryCount, taskCount, artifactCount } = session;
  return {
    ...{ session_id: id, title, participants, context, status, created },
    ...{ last_activity: lastActivity, completed_at: completedAt, metadata },
    ...{ chunk_count: chunkCount, memory_count: memoryCount, task_count: taskCount, artifact_count: artifactCount },
  };
}

/** Never `…_meta.json`, which is the description of another artifact. */
function artifactFile(stem: string, format: string | null, encoding: Artifact["encoding"]): string {
  const isFree = /^[A-Za-z0-9]{1,16}$/.test(format ?? "") && !/_meta\.json$/i.test(`${stem}.${format}`);
  return `${stem}.${isFree ? format : encoding === "utf8" ? "txt" : "bin"}`;
}

function taskJson(task: Task): object {
  const { taskId, agentName, taskType, input, status, priority, created, started, completed, output, error } = task;
  // Of a task that waits for its next attempt they are what the last one said, and no end.
  const end = completed === null ? { result: null, error: null } : { result: output, error };
  return {
    ...{ task_id: taskId, agent_name: agentName, task_type: taskType, data: input, status, priority },
    ...{ created, started, completed, ...end, artifacts: task.artifacts },
  };
}

/** A rename would take the place of an empty folder that is there. */
async function assertFree(folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
}

function toldError(folder: string, cause: unknown): unknown {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === "EEXIST" || code === "ENOTEMPTY") {
    return new RefusedError("OUTPUT_EXISTS", `${folder} is there already; it was not touched`, {
      hint: "choose another name",
    });
  }
  if (!(cause instanceof Error) || (cause as NodeJS.ErrnoException).syscall === undefined) return cause;
  return new StorageError("OUTPUT_UNWRITABLE", `${folder} cannot be written: ${fileErrorText(cause)}`, {
    hint: "choose another place, or make the folder writable for this user; nothing was left there",
    cause,
  });
}
