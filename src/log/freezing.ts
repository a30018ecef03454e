import type { Tail } from "./seal.js";

/** A log that goes on somewhere else, and takes no more events here. */
export interface Freezing {
  /**
   * Freezes the log because it goes on at another address: durable, and seen by everybody who has it open. Whatever was
   * acknowledged is in the log that is left; from then on each append that would write something, appendSealed and
   * truncateAfter reject with MovedError and write nothing. Reading goes on, also the sidecar's writing, and a repeated
   * append still gives its first result. Freezing again for the same address changes nothing.
   *
   * @param movedTo an address; it is kept and shown without its password
   * @returns the tail, which is the last one
   * @throws MovedError it is frozen for another address
   */
  freeze(movedTo: string): Promise<Tail>;

  /** Ends the freeze, durably, for everybody who has the log open. Fine where it is not frozen. */
  thaw(): Promise<void>;

  /** The address that the log is frozen for; null where it is not frozen. */
  movedTo(): Promise<string | null>;
}
