import { damagedLine } from "./line-bytes.js";
import type { LogFile } from "./log-file.js";

const CHUNK_BYTES = 1024 * 1024;
/** In a line of ours both are escaped: it holds neither. */
const GLUED = Buffer.from('}{"v":1,');
const CARRIAGE_RETURN = 0x0d;
const CR_ALONE = "it ends with CR, without a line feed: an editor or a copy has changed the line ends";

/**
 * A file that has lost all its line ends looks like the beginning of one append that was never finished. Such a beginning is
 * moved aside; a whole log that somebody has converted must not be.
 *
 * @throws IntegrityError LINE_DAMAGED
 */
export async function assertOneText(file: LogFile, size: number): Promise<void> {
  for (let at = 0; at < size; at += CHUNK_BYTES) {
    const bytes = await file.read(at, Math.min(CHUNK_BYTES + GLUED.length, size - at));
    if (bytes.includes(CARRIAGE_RETURN)) throw damagedLine(CR_ALONE, 1, 0);
    if (bytes.includes(GLUED)) throw damagedLine("the next one begins in it: the line ends are gone", 1, 0);
  }
}
