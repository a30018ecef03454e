/** The part of fs-native-extensions 1.5 that we use; the package ships no types. */
declare module "fs-native-extensions" {
  interface LockOptions {
    /** A shared (reader) lock instead of an exclusive one. */
    readonly shared?: boolean;
  }

  /**
   * Takes an open-file-description lock without waiting. `length` 0 reaches to the end of the file.
   * @returns false when another open file description holds it
   */
  export function tryLock(fd: number, offset?: number, length?: number, options?: LockOptions): boolean;
  export function tryLock(fd: number, options?: LockOptions): boolean;

  /** Waits for the lock on a thread of its own: the event loop goes on, and there is no time limit. */
  export function waitForLock(fd: number, offset?: number, length?: number, options?: LockOptions): Promise<void>;
  export function waitForLock(fd: number, options?: LockOptions): Promise<void>;

  /** Gives the lock back; closing the file description does the same, also when the process dies. */
  export function unlock(fd: number, offset?: number, length?: number): void;
}
