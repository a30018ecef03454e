import type { ArchivedPart } from "./archived-part.js";
import type { FileEnd } from "./file-end.js";
import type { LogFile } from "./log-file.js";

/** The file as it was at one look. */
export interface Seen {
  readonly file: LogFile;
  readonly end: FileEnd;
  /** What lies before the first line. */
  readonly before: ArchivedPart;
  /** What stands in the file behind the last whole append. */
  readonly tornBytes: number;
}
