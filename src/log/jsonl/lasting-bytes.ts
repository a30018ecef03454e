import type { LogFile } from "./log-file.js";

/** How much of the log file this process knows to be on the disk, and not only in the memory of the system. */
export class LastingBytes {
  /** The file that this is about: another one after a redaction. */
  #file: LogFile | undefined;
  #upTo = 0;

  /** Makes everything up to `end` last, whoever has written it. The first time also the name of the file: it may be new. */
  async sync(file: LogFile, end: number): Promise<void> {
    await file.sync();
    if (file !== this.#file) file.syncName();
    this.#file = file;
    this.#upTo = end;
  }

  /** A writer that was killed before its sync leaves lines that everybody can read and a loss of power takes away. */
  async ensure(file: LogFile, end: number): Promise<void> {
    if (file !== this.#file || this.#upTo < end) await this.sync(file, end);
  }

  /** The file was cut. */
  forget(): void {
    this.#upTo = 0;
  }
}
