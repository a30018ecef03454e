/** One of the tables that the events of a large log lie in. */
export interface LogPartition {
  /** Of the table, in the schema of the log. */
  readonly name: string;
  /** First offset that belongs there; null for the first partition, which takes whatever is before the second. */
  readonly from: number | null;
  /** Last offset that belongs there, inclusive; null for the last partition, which takes whatever comes. */
  readonly to: number | null;
  /** Of its table on disk, and of the indexes. */
  readonly bytes: number;
  readonly indexBytes: number;
  /**
   * How an append there is kept from repeating an id of earlier partitions. `own`: there are none, its unique index sees to
   * it. `bound`: an id above all of theirs, as those that are made now are, is known to be new; any other is looked up.
   * `lookup`: each id is looked up in all of them, some 10 µs for each partition.
   */
  readonly guard: "own" | "bound" | "lookup";
}

/** How the table of a log is made. */
export interface PartitionState {
  /** Of the log's last event, at the same instant; 0 where it is empty. */
  readonly offset: number;
  /** Oldest first; empty where the events lie in one table. */
  readonly partitions: readonly LogPartition[];
}

export interface PartitionRequest {
  /** Offsets that a partition takes. Default: as many as the newest one that is bounded. */
  readonly events?: number;
  /** So many partitions shall wait behind the end of the log. Default 3. */
  readonly ahead?: number;
}

export interface PartitionPlan extends PartitionState {
  /** Offsets that a partition takes. */
  readonly events: number;
  /** The one table of events becomes the first partition, as it is. */
  readonly converts: boolean;
  /** First offsets of the partitions that are added, ascending. */
  readonly added: readonly number[];
  /** Bytes that the server has to read while nobody else reads or appends. */
  readonly checkedBytes: number;
  /** Partitions whose guard becomes `bound`. */
  readonly bounded: readonly string[];
}

export const DEFAULT_AHEAD = 3;
export const MAX_AHEAD = 100;

/** The partitions of one log. To be closed. */
export interface LogPartitions {
  /** @throws NotFoundError LOG_NOT_FOUND; IntegrityError PARTITIONS_FOREIGN somebody has made others by hand */
  state(): Promise<PartitionState>;

  /** What {@link partition} would do; changes nothing. @throws as partition */
  plan(request: PartitionRequest): Promise<PartitionPlan>;

  /**
   * Makes the log a partitioned one, or adds what is missing behind its end and gives the last partition an end. All of it
   * happens, or nothing. No event is moved, and offsets, hashes and addresses stay what they are. Whoever has the log open
   * waits meanwhile and goes on. May be done again at any time, also by several at once.
   *
   * @returns what was done; `partitions` as they were before
   * @throws NotFoundError LOG_NOT_FOUND; UsageError ARGUMENT_INVALID a number out of its bounds, or nobody says how large they
   *   shall be; PERMISSION_DENIED the user does not own the tables; RefusedError PARTITION_BLOCKED something else belongs to
   *   the table; IntegrityError PARTITIONS_FOREIGN; UnavailableError LOG_LOCKED others hold the table. Nothing was changed.
   */
  partition(request: PartitionRequest): Promise<PartitionPlan>;

  close(): Promise<void>;
}
