import type { ForeignRecord } from "./report.js";

/** What a reader found in a foreign source. Nothing is decided yet: records come as they were, duplicates too. */
export interface MinskySource {
  /** How the source was laid out, in words. */
  readonly layout: string;
  readonly baseDir: string | undefined;
  readonly records: ForeignRecord[];
  /** What is odd about the source as a whole, in sentences. */
  readonly remarks: string[];
}
