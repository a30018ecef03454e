import { existsSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { IntegrityError, NotFoundError } from "../../errors.js";
import { FileLock } from "../../files/file-lock.js";
import { translateFileError } from "../../files/storage-errors.js";
import { bytesBelow, fileBytes, leftoversBelow, leftoversBeside, storedFiles } from "../leftovers.js";
import type { JsonlExam, Leftover, PartSizes, StoredFile } from "../store-exam.js";
import { partFiles } from "./archived-part.js";
import { reportDamage } from "./damage-report.js";
import { assertNotEmptied } from "./emptied-log.js";
import { findEnd } from "./file-end.js";
import { archivedBefore } from "./first-offset.js";
import { LogFile } from "./log-file.js";
import { lockedPathOf } from "./log-path.js";
import { firstOffsetAt } from "./log-segments.js";
import { checkManifest, manifestPath } from "./manifest.js";
import { isSegmentOf, segmentPath } from "./segment-entry.js";

/** A JSONL log as files. */
export class JsonlFileExam implements JsonlExam {
  readonly kind = "jsonl";
  readonly path: string;

  constructor(path: string) {
    this.path = lockedPathOf(resolve(path));
  }

  files(): StoredFile[] {
    return storedFiles(
      [this.path, ...this.#segments(), manifestPath(this.path), `${this.path}.lock`, ...partFiles(this.path)],
      [`${this.path}.sidecar`],
    );
  }

  #segments(): string[] {
    return (checkManifest(this.path)?.segments ?? []).map(({ n }) => segmentPath(this.path, n));
  }

  leftovers(): Leftover[] {
    const beside = leftoversBeside(this.path, (name) => {
      if (name.startsWith(`${basename(this.path)}.torn-`)) return "torn";
      return this.#isUnnamed(name) ? "unnamed" : undefined;
    });
    return [...beside, ...leftoversBelow(`${this.path}.sidecar`, ".tmp-")];
  }

  /** A crash may leave one, while archived events are put back; a rotated file of somebody else begins with no event. */
  #isUnnamed(name: string): boolean {
    const path = join(dirname(this.path), name);
    if (!isSegmentOf(this.path, path) || this.#segments().includes(path)) return false;
    return firstOffsetAt(path) !== undefined;
  }

  async sizes(): Promise<PartSizes> {
    const [sidecar, snapshots] = [`${this.path}.sidecar`, join(`${this.path}.sidecar`, "snapshots")];
    // Others may write and remove files between two looks: no part is less than nothing for that.
    const less = (bytes: number, part: number) => Math.max(0, bytes - part);
    const below = (folder: string) => less(bytesBelow(folder), sum(leftoversBelow(folder, ".tmp-")));
    try {
      // A folder in its place has no bytes, and is no empty log.
      if (statSync(this.path, { throwIfNoEntry: false })?.isFile() !== true) throw notThere(this.path);
      return {
        log: fileBytes(this.path) + sumOf(this.#segments()),
        snapshots: below(snapshots),
        sidecar: less(below(sidecar), below(snapshots)),
        leftovers: sum(this.leftovers()),
        other: fileBytes(manifestPath(this.path)) + fileBytes(`${this.path}.lock`) + sumOf(partFiles(this.path)),
      };
    } catch (error) {
      throw translateFileError(error, `jsonl:${this.path}`);
    }
  }

  /** The lock is asked for only where its file is there: asking makes it. */
  async lock(): Promise<{ kind: string | null; held: boolean }> {
    const kind = checkManifest(this.path) === undefined ? null : "ofd";
    if (!existsSync(`${this.path}.lock`)) return { kind, held: false };
    const lock = new FileLock(`${this.path}.lock`, 0);
    try {
      return { kind, held: (await lock.holdIfFree(async () => true)) === undefined };
    } catch (error) {
      throw translateFileError(error, `jsonl:${this.path}`);
    } finally {
      await lock.close();
    }
  }

  async end(): Promise<{ sizeBytes: number; wholeBytes: number }> {
    const file = new LogFile(this.path);
    try {
      if (!file.openIfThere()) throw notThere(this.path);
      const sizeBytes = file.size();
      const before = await archivedBefore(file, sizeBytes);
      const end = await findEnd(file, sizeBytes, { base: before.base });
      const { wholeBytes } = end;
      if (wholeBytes === 0) await assertNotEmptied({ file, end, before, tornBytes: sizeBytes });
      return { sizeBytes, wholeBytes };
    } catch (error) {
      if (!(error instanceof IntegrityError)) throw translateFileError(error, `jsonl:${this.path}`);
      throw await reportDamage(error, file, `jsonl:${this.path}`);
    } finally {
      file.close();
    }
  }
}

function sumOf(paths: readonly string[]): number {
  return paths.reduce((total, path) => total + fileBytes(path), 0);
}

function sum(files: readonly Leftover[]): number {
  return files.reduce((total, { bytes }) => total + bytes, 0);
}

function notThere(path: string): NotFoundError {
  return new NotFoundError("LOG_NOT_FOUND", `there is no log at jsonl:${path}`, { hint: "check the path" });
}
