/** A place in the chain. */
export interface ChainPlace {
  /** 0 is before the first event. */
  readonly offset: number;
  /** 64 hex digits. */
  readonly hash: string;
}
