import { ChainBreakError } from "../../../../errors.js";
import type { RawPieces } from "../../../raw-rows.js";
import type { Tail } from "../../../seal.js";

/** Rows on their way from another log, from one attempt to the next. */
export class RawLoad {
  readonly #pieces: RawPieces;
  #sent: Tail | undefined;

  constructor(pieces: RawPieces) {
    this.#pieces = pieces;
  }

  /** Where the last attempt ends, if it has sent all; undefined where it has not. */
  get sent(): Tail | undefined {
    return this.#sent;
  }

  /** The texts of the pieces from the first on, read as they are asked for. @throws ChainBreakError they do not continue `tail` */
  async *texts(tail: Tail): AsyncGenerator<Buffer, void, undefined> {
    this.#sent = undefined;
    let last = tail;
    for await (const { from, before, tail: end, text } of this.#pieces()) {
      if (last.offset !== from - 1 || last.hash !== before) throw notNext(from, last.offset, tail.offset);
      last = end;
      yield text;
    }
    this.#sent = last;
  }
}

function notNext(from: number, behind: number, logEnd: number): ChainBreakError {
  const message = `rows from offset ${from} on do not continue what stands at ${behind}; this log ends at ${logEnd}`;
  return new ChainBreakError(message, logEnd);
}
