import type { Entropy } from "../prepare.js";
import type { Scrubber } from "../scrubber.js";
import type { FileCalls } from "./file-calls.js";
import type { LogNotice } from "./log-notice.js";

export interface JsonlLogOptions {
  now?: () => Date;
  entropy?: Entropy;
  /** Takes secrets out of what is appended. */
  scrubber?: Scrubber;
  /** How long an append waits for other processes. Default 10,000. */
  lockTimeoutMs?: number;
  /** How often to look at the file's size while somebody listens. Default 1000. */
  pollMs?: number;
  /** Refuse a path without a file instead of taking it for an empty log. */
  mustExist?: boolean;
  /** Leave a torn tail where it is, and say so. */
  readOnly?: boolean;
  /**
   * Where the file has grown to so many bytes, an append ends with closing it as a segment, and the next one begins another.
   * Default: the log stays one file.
   */
  segmentBytes?: number;
  onNotice?: (notice: LogNotice) => void;
  /** For tests of failing disks. */
  calls?: FileCalls;
}
