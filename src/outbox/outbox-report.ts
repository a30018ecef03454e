import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { defined } from "../defined.js";
import type { Json } from "../log/canonical.js";
import { maskUrl } from "../log/mask-url.js";
import { outboxFolder, outboxName } from "./outbox-place.js";
import { STATE_FILE } from "./outbox-state.js";
import { type OutboxPart, OutboxStore } from "./outbox-store.js";
import type { QueuedAppend } from "./queued-append.js";

/** One append that waits, or that was not taken. */
export interface OutboxItem {
  /** ISO 8601 UTC, of this machine. */
  readonly queuedAt: string;
  /** The code of the error that kept it from being sent. */
  readonly why: string;
  /** The server may have taken it: it went away before it answered. */
  readonly unsure: boolean;
  readonly events: readonly OutboxEvent[];
  /** For a conflict: what the server's log answered, and when. */
  readonly refused?: { readonly code: string; readonly message: string; readonly at: string };
}

export interface OutboxEvent {
  readonly id: string;
  readonly stream: string;
  readonly type: string;
  readonly actor: string;
  readonly data: Json;
  readonly meta: Json;
  /** What its writer expected of the stream; on the first event of each part. */
  readonly expectedVersion?: number | "any" | "exists";
}

/** What one outbox holds. All of it is read from this machine; the server is not asked. */
export interface OutboxReport {
  /** Of the outbox; what `outbox drop --yes=NAME` wants to hear. */
  readonly name: string;
  readonly folder: string;
  /** The last time that the server answered; null where it never did. */
  readonly contactAt: string | null;
  /** The last offset of the local copy, and the last moment at which the copy was whole; null where it never was. */
  readonly copiedOffset: number;
  readonly completeAt: string | null;
  /** In the order in which they will be sent. */
  readonly queue: readonly OutboxItem[];
  readonly conflicts: readonly OutboxItem[];
}

/** The outbox of a server's log below `root`. Where there is none, an empty one is told of, and none is made. */
export async function outboxReport(root: string, url: string): Promise<OutboxReport> {
  const [name, folder] = [outboxName(url), outboxFolder(root, url)];
  const none = { name, folder, contactAt: null, copiedOffset: 0, completeAt: null, queue: [], conflicts: [] };
  return (
    (await withOutbox(root, url, async (store) => {
      const { state, queue } = await store.pending();
      const { offset: copiedOffset, completeAt } = state.copy;
      const conflicts = (await store.conflicting()).map(itemOf);
      return {
        name,
        folder,
        contactAt: state.contactAt,
        copiedOffset,
        completeAt,
        queue: queue.map(itemOf),
        conflicts,
      };
    })) ?? none
  );
}

/** Appends that wait for a server's log; 0 where it has no outbox. */
export async function waitingFor(root: string, url: string): Promise<number> {
  return (await withOutbox(root, url, async (store) => (await store.pending()).queue.length)) ?? 0;
}

/** Names of the outboxes below `root` that hold something that waits or conflicts, but for that of `url`. */
export async function otherOutboxes(root: string, url: string): Promise<string[]> {
  const names = await readdir(root).catch(() => []); // no folder, no outboxes
  const busy: string[] = [];
  for (const name of names.filter((one) => one !== outboxName(url) && existsSync(join(root, one, STATE_FILE)))) {
    const store = new OutboxStore(join(root, name), "");
    try {
      const { queue } = await store.pending();
      if (queue.length + (await store.conflicting()).length > 0) busy.push(name);
    } finally {
      await store.close();
    }
  }
  return busy;
}

/**
 * Takes what waits, what conflicts, or the copy out of the outbox. What waited or conflicted stays in its file, which is a log
 * like any other; the copy is removed.
 *
 * @returns the file; undefined where there is no outbox
 */
export async function dropFromOutbox(root: string, url: string, part: OutboxPart): Promise<string | undefined> {
  return withOutbox(root, url, (store) => store.replayLock.hold(() => store.drop(part)));
}

async function withOutbox<T>(
  root: string,
  url: string,
  act: (store: OutboxStore) => Promise<T>,
): Promise<T | undefined> {
  const folder = outboxFolder(root, url);
  if (!existsSync(join(folder, STATE_FILE))) return undefined;
  const store = new OutboxStore(folder, maskUrl(url));
  try {
    return await act(store);
  } finally {
    await store.close();
  }
}

function itemOf({ queuedAt, note, events }: QueuedAppend): OutboxItem {
  const { why, unsure, refused } = note;
  const items = events.map(({ id, stream, type, actor, dataText, metaText, expectedVersion }) => ({
    id,
    stream,
    type,
    actor,
    data: JSON.parse(dataText) as Json,
    meta: JSON.parse(metaText) as Json,
    ...defined({ expectedVersion }),
  }));
  if (refused === undefined) return { queuedAt, why, unsure, events: items };
  const { code, message, at } = refused;
  return { queuedAt: refused.queuedAt, why, unsure, events: items, refused: { code, message, at } };
}
