import type { EventLog } from "../log/event-log.js";
import type { OpenLogOptions } from "../log/open-log-options.js";
import type { LogPartitions } from "../log/partitions.js";
import type { StoreExam } from "../log/store-exam.js";
import type { StoreProbe } from "../log/store-probe.js";

/** Opens a log. `rest` is what follows `scheme:` in the address, `url` the whole address. */
export type OpenBackend = (rest: string, options: OpenLogOptions, url: string) => Promise<EventLog>;

/**
 * A kind of place where a log can live. What is not there is not known of it. The driver loads when something is asked, and
 * every question throws UsageError STORE_URL_INVALID where the address is none of this backend.
 */
export interface LogBackend {
  readonly open: OpenBackend;
  /** Whether `rest` is the path of a file. */
  readonly isFile?: boolean;
  /** Looks at the place without opening, creating or changing anything. */
  readonly probe?: (rest: string, options: OpenLogOptions, url: string) => Promise<StoreProbe>;
  /** The store as it lies there. Opens nothing before it is asked. */
  readonly exam?: (rest: string, options: OpenLogOptions, url: string) => Promise<StoreExam>;
  /** The partitions of its logs; to be closed. */
  readonly partitions?: (url: string, options: OpenLogOptions) => Promise<LogPartitions>;
}
