import { inputChunks } from "../files/input-chunks.js";

const NEWLINE = 0x0a;

export interface FileLine {
  /** Without the newline. */
  readonly bytes: Buffer;
  /** False where the file ends inside the line, or the line is longer than the limit: then it is the last one given. */
  readonly ended: boolean;
}

/** The lines of a file as they were written; memory is bounded by `maxBytes`, of one line. Rejects as `fs` does. */
export async function* fileLines(path: string, maxBytes: number): AsyncGenerator<FileLine, void, undefined> {
  let parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of inputChunks(path)) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      yield { bytes: Buffer.concat([...parts, chunk.subarray(start, end)]), ended: true };
      parts = [];
      size = 0;
      start = end + 1;
    }
    parts.push(chunk.subarray(start));
    size += chunk.length - start;
    if (size > maxBytes) break;
  }
  if (size > 0) yield { bytes: Buffer.concat(parts), ended: false };
}
