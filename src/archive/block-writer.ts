import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { SealedEvent } from "../log/event.js";
import { encodeLine } from "../log/event-line.js";
import { writeWhole } from "../log/write-whole.js";
import { ArchiveIndex } from "./archive-index.js";

/** Text of one member: so much is read for one event. */
const BLOCK_CHARS = 256 * 1024;

const zipped = promisify(gzip);

/** Writes events, and behind them their index, as gzip members one after the other. */
export class BlockWriter {
  readonly index = new ArchiveIndex();
  readonly #fd: number;
  readonly #sha256 = createHash("sha256");
  #position: number;
  #lineBytes = 0;
  #waiting: string[] = [];
  #waitingChars = 0;
  #first: SealedEvent | undefined;

  /** `position`: where the file ends now. */
  constructor(fd: number, position: number) {
    this.#fd = fd;
    this.#position = position;
  }

  async add(event: SealedEvent): Promise<void> {
    const line = encodeLine(event);
    this.index.add(event);
    this.#first ??= event;
    this.#waiting.push(line);
    this.#waitingChars += line.length;
    if (this.#waitingChars >= BLOCK_CHARS) await this.#writeBlock();
  }

  /** Writes the last block and the index. @returns where the index begins, and what the lines of the events add up to */
  async finish(): Promise<{
    readonly index: number;
    readonly lines: { readonly bytes: number; readonly sha256: string };
  }> {
    await this.#writeBlock();
    const index = this.#position;
    for (const line of this.index.lines()) {
      this.#waiting.push(line);
      this.#waitingChars += line.length;
      if (this.#waitingChars >= BLOCK_CHARS) await this.#writeMember();
    }
    await this.#writeMember();
    return { index, lines: { bytes: this.#lineBytes, sha256: this.#sha256.digest("hex") } };
  }

  async #writeBlock(): Promise<void> {
    const [first, position] = [this.#first, this.#position];
    if (first === undefined) return;
    this.#first = undefined;
    const text = Buffer.from(this.#waiting.join(""));
    this.#sha256.update(text);
    this.#lineBytes += text.length;
    const bytes = await this.#writeMember();
    this.index.blocks.push({ offset: first.offset, position, bytes, recordedAt: first.recordedAt });
  }

  /** @returns its size in the file */
  async #writeMember(): Promise<number> {
    if (this.#waiting.length === 0) return 0;
    const text = this.#waiting.join("");
    this.#waiting = [];
    this.#waitingChars = 0;
    const packed = await zipped(text);
    writeWhole(this.#fd, packed);
    this.#position += packed.length;
    return packed.length;
  }
}
