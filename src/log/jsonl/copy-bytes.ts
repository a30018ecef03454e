import type { LogFile } from "./log-file.js";

const COPY_BYTES = 1024 * 1024;

/** Copies the bytes of a log from `from` (inclusive) to `to` (exclusive) into another file, to its byte `at`. */
export async function copyBytes(file: LogFile, from: number, to: number, target: LogFile, at = 0): Promise<void> {
  for (let position = from; position < to; position += COPY_BYTES) {
    const bytes = await file.read(position, Math.min(COPY_BYTES, to - position));
    target.writeAll(bytes, at + position - from);
  }
}
