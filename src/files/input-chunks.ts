import { closeSync, constants, createReadStream, openSync, readSync, statSync } from "node:fs";
import { Socket } from "node:net";
import { UsageError } from "../errors.js";
import { codeOf } from "./code-of.js";

const CHUNK_BYTES = 64 * 1024;

/**
 * The bytes of what somebody has named to be read: a file, or a pipe as a shell makes them for `<(…)`. One that nobody
 * writes into would be waited for without end.
 *
 * @throws as `fs` does; UsageError PIPE_UNWRITTEN
 */
export async function* inputChunks(path: string): AsyncGenerator<Buffer, void, undefined> {
  const isPipe = statSync(path, { throwIfNoEntry: false })?.isFIFO() === true;
  yield* (isPipe ? pipeChunks(path) : createReadStream(path)) as AsyncIterable<Buffer>;
}

/** All that comes, in one piece. @returns undefined where it is more than `maxBytes`: then the rest is not read */
export async function boundedBytes(chunks: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of chunks) {
    size += part.length;
    if (size > maxBytes) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts, size);
}

/** Whether somebody writes into a pipe is told by its first read, where that does not wait: nothing yet, or never anything. */
async function* pipeChunks(path: string): AsyncGenerator<Buffer, void, undefined> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const first = readNow(fd);
  if (first?.length === 0) {
    closeSync(fd);
    throw unwritten(path);
  }
  const rest = new Socket({ fd, readable: true, writable: false }); // waits without a thread, and closes it
  try {
    if (first !== undefined) yield first;
    yield* rest as AsyncIterable<Buffer>;
  } finally {
    rest.destroy();
  }
}

/** @returns undefined where nothing is there yet */
function readNow(fd: number): Buffer | undefined {
  const bytes = Buffer.alloc(CHUNK_BYTES);
  try {
    return bytes.subarray(0, readSync(fd, bytes));
  } catch (error) {
    if (codeOf(error) === "EAGAIN") return undefined;
    closeSync(fd);
    throw error;
  }
}

function unwritten(path: string): UsageError {
  return new UsageError("PIPE_UNWRITTEN", `${path} is a pipe that nobody writes into, and nothing is in it`, {
    hint: "first start what writes into it, and see that it does not fail; or name a file",
  });
}
