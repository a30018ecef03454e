import { IntegrityError } from "../../errors.js";
import { shellWord } from "../shell-word.js";
import { NEWLINE } from "./line-bytes.js";
import type { LogFile } from "./log-file.js";

const CHUNK_BYTES = 1024 * 1024;
const CARRIAGE_RETURN = 0x0d;

/**
 * Completes an error about damage: the address of the log, the line where only its byte is known (reading from the end
 * does not count lines), and what to type next.
 *
 * @param archived the last offset that is not in the file
 */
export async function reportDamage(
  error: IntegrityError,
  file: LogFile,
  url: string,
  archived = 0,
): Promise<IntegrityError> {
  const { byte } = error;
  if (byte === undefined) return error;
  // Lines are counted by offsets where they are read in order; those of a log that is archived begin later.
  const line = error.line === undefined ? await lineOfByte(file, byte) : error.line - archived;
  const place = error.line === undefined ? `${url}: line ${line}: ` : `${url}: `;
  const message = error.message.replace(`line ${error.line} `, `line ${line} `);
  const [undo, how] = await undoOf(file, byte);
  return new IntegrityError(error.code, `${place}${message}`, {
    offset: error.offset ?? archived + line,
    line,
    byte,
    hint: `${how}run: sessiondb doctor --store ${url}`,
    ...(undo === undefined ? {} : { undo }),
    cause: error,
  });
}

/**
 * How to take back what programs are known to do to a whole file: no event holds a CR, because JSON escapes it.
 *
 * @returns the command that prints the file without it, and a hint for people
 */
async function undoOf(file: LogFile, byte: number): Promise<readonly [command: string | undefined, hint: string]> {
  const path = shellWord(file.path);
  const start = await file.read(0, Math.min(file.size(), 3));
  if (start.equals(Buffer.from("\ufeff"))) {
    return [`tail -c +4 ${path} | tr -d '\\r'`, `take the mark off again (tail -c +4 ${path}), or `];
  }
  const end = await firstByte(file, NEWLINE, byte);
  const cr = await firstByte(file, CARRIAGE_RETURN, byte);
  if (cr < end - 1 || (cr < end && end === file.size())) {
    return [`tr '\\r' '\\n' < ${path}`, `give the lines their ends again (tr '\\r' '\\n' < ${path}), or `];
  }
  if (cr < end) {
    return [`tr -d '\\r' < ${path}`, `take the CRs out again (sed -i 's/\\r$//' ${path}), or `];
  }
  return [undefined, ""];
}

/** The line number, from 1, of the line that begins at `byte`. */
async function lineOfByte(file: LogFile, byte: number): Promise<number> {
  let line = 1;
  await scan(file, byte, () => {
    line++;
    return true;
  });
  return line;
}

/** The byte at which the line `wanted` (from 1) begins: found by counting, whatever stands in the lines. */
export async function byteOfLine(file: LogFile, wanted: number, end: number): Promise<number> {
  let line = 1;
  let found = 0;
  await scan(file, end, (newline) => {
    if (++line === wanted) found = newline + 1;
    return line < wanted;
  });
  return found;
}

/** Calls `visit` with the position of every newline before `end`, until it returns false. */
async function scan(file: LogFile, end: number, visit: (newline: number) => boolean): Promise<void> {
  for (let position = 0; position < end; position += CHUNK_BYTES) {
    const bytes = await file.read(position, Math.min(CHUNK_BYTES, end - position));
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) {
      if (!visit(position + at)) return;
    }
  }
}

/** Where `wanted` first stands, from `byte` on; the size of the file where it does not. */
async function firstByte(file: LogFile, wanted: number, byte: number): Promise<number> {
  const size = file.size();
  for (let position = byte; position < size; position += CHUNK_BYTES) {
    const at = (await file.read(position, Math.min(CHUNK_BYTES, size - position))).indexOf(wanted);
    if (at >= 0) return position + at;
  }
  return size;
}
