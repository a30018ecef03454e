import type { Tail } from "./seal.js";
import type { Shares } from "./shares.js";

/** A part of a chain that is right in itself; whether it continues what is before it is for whoever knows that. */
export interface CheckedPart {
  /** The event that it continues, as it was read there; it has not been checked. */
  readonly before: Tail;
  /** Its last event. */
  readonly tail: Tail;
  /** The versions with which each of its streams begins in it, and ends. */
  readonly streams: ReadonlyMap<string, { readonly first: number; readonly last: number }>;
}

/** Another thread that checks a log from its end back, share by share. It keeps no process alive, but for its answer. */
export interface PartChecker {
  /**
   * Comes when no share is left: one part of those that were checked there, which ends where they end or before something
   * that is wrong. undefined where nothing can be said. Never rejects.
   */
  part(): Promise<CheckedPart | undefined>;
  /** Ends it at once; `part` says nothing then. */
  close(): Promise<void>;
}

/** @returns undefined where there is no other thread to be had */
export type StartPartChecker = (shares: Shares) => PartChecker | undefined;
