import { MovedError } from "../../errors.js";
import { FileLock } from "../../files/file-lock.js";
import { isReadOnlyError } from "../../files/storage-errors.js";
import { endRedaction, isBegun, redactionEpoch } from "../redaction.js";
import type { Sidecar } from "../sidecar.js";
import { sayBegunLocked, sayEmptyLocked } from "./emptied-log.js";
import type { Indexed, JsonlStore } from "./jsonl-store.js";
import type { LineWriter } from "./line-writer.js";
import { LogFile } from "./log-file.js";
import { endedNotice, ignoredNotice, type LogNotice, movedNotice } from "./log-notice.js";
import { makeFolderOf } from "./log-path.js";
import { checkManifest, type Manifest, manifestStamp, NO_MANIFEST, writeManifestLocked } from "./manifest.js";
import { settleSegmentsLocked } from "./replace-log.js";
import type { Seen } from "./seen.js";
import { moveTornTailLocked } from "./torn-tail.js";
import { unendedAppend } from "./unended-append.js";

const NEWLINE = Buffer.from("\n");

export interface LockSettings {
  /** Of the log, for people. */
  readonly url: string;
  readonly now: () => Date;
  readonly lockTimeoutMs: number;
  readonly notify: (notice: LogNotice) => void;
  readonly sidecar: Sidecar;
}

/**
 * The log under its lock, ready to be changed: what others have appended is known, nothing torn is left, what a crash has left
 * begun is ended, and the file can be written to.
 */
export class LockedStore {
  readonly #store: JsonlStore;
  readonly #lines: LineWriter;
  readonly #settings: LockSettings;
  readonly #lock: FileLock;
  #manifest: Manifest | undefined;
  /** Of the manifest that was last read. */
  #stamp = "";
  /** The file at whose side no redaction is left begun, as far as this process knows. */
  #ended: LogFile | undefined;

  constructor(store: JsonlStore, lines: LineWriter, settings: LockSettings) {
    this.#store = store;
    this.#lines = lines;
    this.#settings = settings;
    this.#lock = new FileLock(`${store.file.path}.lock`, settings.lockTimeoutMs);
  }

  /** @throws UsageError where the manifest names a lock or a format that this program does not know */
  checkManifest(): Manifest | undefined {
    const { path } = this.#store.file;
    const stamp = manifestStamp(path);
    // First the stamp: what is replaced in between is read again the next time.
    if (stamp === "" || stamp !== this.#stamp) this.#manifest = checkManifest(path);
    this.#stamp = stamp;
    return this.#manifest;
  }

  async hold<T>(act: (known: Indexed) => Promise<T>): Promise<T> {
    const { file } = this.#store;
    this.#lines.assertUsable();
    if (!file.openIfThere()) makeFolderOf(file.path);
    return this.#lock.hold(async () => act(await this.#readyLocked()));
  }

  /** Needs no index: for the way back where what it is made of is lost. @throws MovedError */
  async holdUnindexed(act: (seen: Seen) => Promise<void>): Promise<void> {
    this.#lines.assertUsable();
    await this.#lock.hold(async () => {
      this.#lines.assertUsable();
      this.#store.file.openForWriting();
      this.checkManifest();
      this.assertHereLocked();
      this.#store.file.assertOneName();
      await this.#moveTornTailLocked();
      const seen = await this.#store.borrowed();
      try {
        await act(seen);
      } finally {
        seen.file.giveBack();
      }
    });
  }

  /** Once for each log. An append stays what it is where this fails, and the next one says it. */
  sayBegunLocked(): void {
    if (this.#manifest?.begun === true) return;
    try {
      sayBegunLocked(this.#store.file.path);
    } catch {
      // the append is on the disk, and that is what its caller is told
    }
  }

  /** Where the log has moved to; null where it is here. Asked while it is held. */
  get movedTo(): string | null {
    return this.#manifest?.movedTo ?? null;
  }

  /** @throws MovedError */
  assertHereLocked(): void {
    if (this.movedTo !== null) throw new MovedError(this.#settings.url, this.movedTo);
  }

  /** @param movedTo null: the log is here again */
  writeMovedToLocked(movedTo: string | null, { before }: Seen): void {
    const manifest = this.#manifest ?? NO_MANIFEST;
    writeManifestLocked(this.#store.file.path, { ...manifest, movedTo, archives: before.entries });
  }

  /**
   * Moves a torn tail aside where that is possible now, or ends its last line where nothing else is missing. A live writer that holds the lock is in the middle of an append:
   * then there is nothing to mend. Where the log may only be read, the torn bytes stay, and that is told.
   */
  async mendTail(readOnly = false): Promise<void> {
    const { file } = this.#store;
    try {
      if (file.writable && !readOnly) await this.#lock.holdIfFree(() => this.#moveTornTailLocked());
      else await this.#noticeIgnored();
    } catch (error) {
      if (!isReadOnlyError(error)) throw error;
      await this.#noticeIgnored();
    }
  }

  /** A redaction that a crash has left begun is ended, so that nothing of what it erased stays in the sidecar. */
  async endBegun(): Promise<void> {
    const isLeft = await redactionEpoch(this.#settings.sidecar).then(isBegun, () => false);
    if (isLeft) await this.#lock.holdIfFree(() => this.#endBegunLocked()).catch(() => undefined); // nor may he write
  }

  /** From here on a redaction may be left begun. */
  expectBegunLocked(): void {
    this.#ended = undefined;
  }

  /** Waits for the acts under way. */
  close(): Promise<void> {
    return this.#lock.close();
  }

  async #readyLocked(): Promise<Indexed> {
    const { file } = this.#store;
    this.#lines.assertUsable();
    if (!file.openIfThere()) sayEmptyLocked(file.path);
    file.openForWriting();
    const manifest = this.checkManifest();
    if (manifest === undefined) writeManifestLocked(file.path);
    else if (manifest.replaced !== null) await this.#settleLocked();
    const known = await this.#store.indexed();
    known.file.openForWriting(); // it may be another one: a redaction has replaced it
    known.file.assertOneName();
    if (this.#ended !== known.file) await this.#endBegunLocked(known.file);
    if (known.tornBytes <= 0) return known;
    await this.#moveTornTailLocked();
    return this.#store.indexed();
  }

  /** Who may not write to the sidecar leaves it to the next: until then nobody keeps a state, and all that is told is right. */
  async #endBegunLocked(file?: LogFile): Promise<void> {
    try {
      await endRedaction(this.#settings.sidecar);
      this.#ended = file;
    } catch {
      // what the caller came for does not need it
    }
  }

  /** The file may be another one than this process knows: what a crash has left begun is ended by what is there now. */
  async #settleLocked(): Promise<void> {
    const file = new LogFile(this.#store.file.path);
    try {
      file.openForWriting();
      settleSegmentsLocked(file.path, file.firstOffset());
    } finally {
      file.close();
    }
    this.checkManifest();
  }

  async #moveTornTailLocked(): Promise<void> {
    // First: half a line may be what says which segments are in effect.
    if (this.checkManifest()?.replaced != null) await this.#settleLocked();
    const seen = await this.#store.borrowed();
    const { file, end, tornBytes } = seen;
    try {
      if (tornBytes <= 0) return;
      const { url, now, notify } = this.#settings;
      const unended = await unendedAppend(seen);
      if (unended !== undefined) {
        file.writeAll(NEWLINE, file.size());
        await file.sync();
        notify(endedNotice(url, unended));
        return;
      }
      notify(movedNotice(url, await moveTornTailLocked(file, end.wholeBytes, now())));
    } finally {
      file.giveBack();
    }
  }

  async #noticeIgnored(): Promise<void> {
    const seen = await this.#store.borrowed();
    const { file, end, tornBytes } = seen;
    try {
      // A writer who was at it has finished meanwhile, or taken it back.
      if (tornBytes <= 0) return;
      const isUnended = (await unendedAppend(seen)) !== undefined;
      this.#settings.notify(ignoredNotice(this.#settings.url, tornBytes, end.wholeBytes, isUnended));
    } finally {
      file.giveBack();
    }
  }
}
