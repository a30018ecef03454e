export const KEY_BYTES = 32;

/** A secret of a session, and the name by which it is found. */
export interface SessionKey {
  /** Printable ASCII, at most 100 characters. It tells nothing about the key. */
  readonly id: string;
  /** {@link KEY_BYTES} random bytes. */
  readonly key: Buffer;
}

/**
 * Keys, kept outside the log: what a log has sealed with a key can be read by nobody once the key is destroyed, in any
 * copy and backup of the log. So this must be backed up apart from the log, if at all, and not for long.
 */
export interface KeyStore {
  /** The address, with any password masked. */
  readonly url: string;
  /** Makes new random keys. Durable when it resolves. */
  create(count: number): Promise<readonly SessionKey[]>;
  /**
   * @returns the key, and others that are likely to be asked for next, where they cost no more; without the key where there
   *   is none (any more); rejects where that cannot be found out
   */
  read(id: string): Promise<readonly SessionKey[]>;
  /** Overwrites or deletes the keys. Durable when it resolves. Keys that are not there are fine. */
  destroy(ids: readonly string[]): Promise<void>;
  /** Safe to call twice. */
  close(): Promise<void>;
}
