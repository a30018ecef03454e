import { join } from "node:path";
import * as z from "zod";
import { IntegrityError, SessionDbError, StorageError, UsageError } from "../errors.js";
import { codeOf } from "../files/code-of.js";
import { NewFile } from "../files/new-file.js";
import { ordinaryText } from "../files/open-ordinary.js";
import { EMPTY_TAIL } from "../log/seal.js";

/**
 * `outbox.json`: which files count, and how much of them. It is replaced whole, so one change of it is one step:
 *
 *   {"v":1,"store":"postgres://db/app","contactAt":"…","queue":{"file":"queue-2.jsonl","from":1},"conflicts":{"file":"conflicts-1.jsonl"},
 *    "copy":{"file":"copy-1.jsonl","offset":41,"hash":"<64 hex>","recordedAt":"…","completeAt":"…"}}
 *
 * `copy`: the events 1 to `offset` of that file are the server's own. `completeAt` is the last moment at which they were
 * all that the server had; null before the first such moment, and then nothing is read from them. `queue`: events of that
 * file from `from` on wait for the server. `conflicts`: what its log did not take. Times are of this machine.
 */
const time = z.string().regex(/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/);
const stateSchema = z.object({
  v: z.literal(1),
  store: z.string(),
  contactAt: time.nullable(),
  copy: z.object({
    file: z.string().regex(/^copy-\d+\.jsonl$/),
    offset: z.int().min(0),
    hash: z.string().regex(/^[0-9a-f]{64}$/),
    recordedAt: z.union([time, z.literal("")]),
    completeAt: time.nullable(),
  }),
  queue: z.object({ file: z.string().regex(/^queue-\d+\.jsonl$/), from: z.int().min(1) }),
  conflicts: z.object({ file: z.string().regex(/^conflicts-\d+\.jsonl$/) }),
});

export type OutboxState = z.infer<typeof stateSchema>;

export const STATE_FILE = "outbox.json";

/** @returns undefined where there is none yet @throws IntegrityError OUTBOX_DAMAGED, UsageError LOG_FORMAT_NEWER */
export async function readState(folder: string): Promise<OutboxState | undefined> {
  const path = join(folder, STATE_FILE);
  const text = await ordinaryText(path).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error instanceof SessionDbError ? error : failed(path, "read", error);
  });
  return text === undefined ? undefined : parsed(path, text);
}

/** The caller holds the outbox's lock. */
export async function writeState(folder: string, state: OutboxState): Promise<void> {
  const path = join(folder, STATE_FILE);
  try {
    const file = await NewFile.begin(path);
    try {
      await file.write(`${JSON.stringify(state)}\n`);
      await file.publish(true);
    } finally {
      await file.discard();
    }
  } catch (error) {
    throw failed(path, "written", error);
  }
}

export function firstState(store: string): OutboxState {
  return {
    v: 1,
    store,
    contactAt: null,
    copy: emptyCopy("copy-1.jsonl"),
    queue: { file: "queue-1.jsonl", from: 1 },
    conflicts: { file: "conflicts-1.jsonl" },
  };
}

export function emptyCopy(file: string): OutboxState["copy"] {
  return { file, ...EMPTY_TAIL, completeAt: null };
}

/** `queue-2.jsonl` after `queue-1.jsonl`. */
export function nextFile(file: string): string {
  return file.replace(/\d+/, (number) => String(Number(number) + 1));
}

function parsed(path: string, text: string): OutboxState {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damaged(path, cause);
  }
  const { v } = (value ?? {}) as { v?: unknown };
  if (typeof v === "number" && v > 1) {
    throw new UsageError("LOG_FORMAT_NEWER", `${path}: format ${v}, this program knows 1`, {
      hint: "upgrade sessiondb",
    });
  }
  const { data, error } = stateSchema.safeParse(value);
  if (error !== undefined) throw damaged(path, error);
  return data;
}

function damaged(path: string, cause: unknown): IntegrityError {
  return new IntegrityError("OUTBOX_DAMAGED", `${path} is damaged`, {
    hint: "its queue-N.jsonl are whole logs of what waits: keep the folder, then move it away to begin a new outbox",
    cause,
  });
}

function failed(path: string, what: string, cause: unknown): StorageError {
  return new StorageError("STORAGE_IO_ERROR", `${path} cannot be ${what}`, {
    hint: "check the disk, and the owner and mode of the folder",
    cause,
  });
}
