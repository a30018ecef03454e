import { createHash, randomBytes } from "node:crypto";
import { lstat, mkdir, readdir, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, join } from "node:path";
import { z } from "zod";
import type { StoredRecord } from "../../projections/session-record.js";
import { ordinaryText } from "../files/open-ordinary.js";
import { placeOfTaken, removeOldBlocks, removeStart } from "./closed-start.js";
import { CLONE_LIMIT_MS } from "./git-runner.js";
import { type WorkspaceFolders, workspaceFailed } from "./workspace-folders.js";

/** With the process that makes it and its machine, known from the first moment on. */
const NAME = /^\.starting-(\d+)-([0-9a-f]{8})-[0-9a-f]{16}$/;
const CLAIM = "claim.json";
/** A start lasts no longer than its clone may; then whoever made it is gone, whatever its number says. */
const LONGEST_START_MS = CLONE_LIMIT_MS + 10 * 60_000;

const claimSchema = z.object({
  session: z.string(),
  record: z.looseObject({ session: z.string() }),
  actor: z.string(),
  reason: z.string().optional(),
  recreate: z.boolean().optional(),
  /** Of a worktree: the repository that knows about it. */
  source: z.string().optional(),
});

/** What a start is about to record, so that `repair` can end it where its process was killed. */
export type Claim = Omit<z.infer<typeof claimSchema>, "record"> & {
  readonly record: StoredRecord;
};

export interface AbandonedStart {
  /** Where it was begun. */
  readonly folder: string;
  /** Undefined where it was killed before it said what it is. */
  readonly claim: Claim | undefined;
  /** False while its process may still be at work. */
  readonly abandoned: boolean;
  /** True where a repair was cut off while it removed it. */
  readonly closing: boolean;
}

/**
 * The hidden folder, beside the workspaces, in which a start builds one: `claim.json` and the tree. The tree moves to its
 * place when it is complete, then the session is recorded, and last the folder goes. Killed at any time, a start leaves
 * this folder, and nothing in the way of another start but a workspace that was complete.
 */
export class UnfinishedStart {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** @throws StorageError WORKSPACE_FAILED: nothing is left */
  static async begin(folders: WorkspaceFolders, claim: Claim): Promise<UnfinishedStart> {
    const name = `.starting-${process.pid}-${thisHost()}-${randomBytes(8).toString("hex")}`;
    const folder = join(await folders.root(), name);
    try {
      await mkdir(folder, { mode: 0o700 });
      await writeFile(join(folder, CLAIM), JSON.stringify(claim), { mode: 0o600, flag: "wx" });
    } catch (error) {
      await removeStart(folder);
      throw workspaceFailed(folder, error);
    }
    return new UnfinishedStart(folder);
  }

  /** Where the workspace is built. */
  get tree(): string {
    return join(this.folder, "tree");
  }

  async end(): Promise<void> {
    await removeStart(this.folder);
  }
}

export async function unfinishedStarts(folders: WorkspaceFolders, now: Date): Promise<AbandonedStart[]> {
  const root = join(folders.baseDir, "sessions");
  const names = await readdir(root).catch(() => []); // there is no such folder, so there are no starts
  const found = names.filter((name) => NAME.test(basename(placeOfTaken(name) ?? name))).sort();
  return (await Promise.all(found.map((name) => looked(root, name, now)))).flat();
}

/** Of those that were ended for good ({@link closeStart}), what was left in their place. */
export async function clearClosed(folders: WorkspaceFolders, now: Date): Promise<void> {
  const isOld = (changedMs: number) => now.getTime() - changedMs > LONGEST_START_MS;
  await removeOldBlocks(join(folders.baseDir, "sessions"), isOld, NAME);
}

async function looked(root: string, name: string, now: Date): Promise<AbandonedStart[]> {
  const folder = join(root, name);
  const stats = await lstat(folder).catch(() => undefined);
  if (stats?.isDirectory() !== true) return []; // it has just ended, or was ended for good
  const text = await ordinaryText(join(folder, CLAIM)).catch(() => "");
  const claim = claimSchema.safeParse(jsonOf(text)).data as Claim | undefined; // any JSON, as it was written
  const taken = placeOfTaken(folder);
  if (taken !== undefined) return [{ folder: taken, claim, abandoned: true, closing: true }];
  const [, pid = "", host] = NAME.exec(name) ?? [];
  const isGone = host === thisHost() && !isRunning(Number(pid));
  const abandoned = isGone || now.getTime() - stats.mtimeMs > LONGEST_START_MS;
  return [{ folder, claim, abandoned, closing: false }];
}

function thisHost(): string {
  return createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // cut off by the kill
  }
}

/** A number that was given to another process since only makes it look alive. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
