/**
 * Every error that sessiondb throws on purpose.
 *
 * `code` is stable API (documented in docs/errors.md); `hint` is the next command or action to try.
 * A subclass exists only where callers handle the case differently; its facts are fields, not text.
 * Wrong argument types by a programmer are plain `TypeError`s.
 */
export interface ErrorFacts {
  readonly hint?: string;
  readonly cause?: unknown;
}

export class SessionDbError extends Error {
  readonly code: string;
  readonly hint: string | undefined;

  constructor(code: string, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = facts.hint;
  }
}

/** The input cannot be stored identically on every backend; nothing was written. `path` is a JSON Pointer into it. */
export class InvalidEventError extends SessionDbError {
  readonly path: string;

  constructor(code: string, message: string, path: string, facts: ErrorFacts = {}) {
    super(code, path === "" ? message : `${message} (at ${path})`, facts);
    this.path = path;
  }
}

/** A flag, a URL or a configuration value is wrong. */
export class UsageError extends SessionDbError {}

/** The thing that was asked for does not exist (any more). */
export class NotFoundError extends SessionDbError {}

/** Somebody else changed the stream first: `actual` is its version now, `expected` what the caller named. */
export class ConflictError extends SessionDbError {
  readonly stream: string;
  readonly expected: number | string;
  readonly actual: number;

  constructor(stream: string, expected: number | string, actual: number) {
    super("VERSION_CONFLICT", `${stream} is at version ${actual}, expected ${expected}`, {
      hint: "read it again and repeat the change on its present state",
    });
    this.stream = stream;
    this.expected = expected;
    this.actual = actual;
  }
}

/** The log does not end where the append expected it to end: somebody else has appended, or cut it back; nothing was written. */
export class TailMovedError extends SessionDbError {
  /** Hash of the event that the append expected to be the last one. */
  readonly expected: string;

  constructor(expected: string) {
    super("TAIL_MOVED", `the log does not end at the event ${expected} any more`, {
      hint: "read what has come since, and decide again",
    });
    this.expected = expected;
  }
}

/** The change contradicts a rule of the domain (for example: the id belongs to a deleted session). */
export class RuleError extends SessionDbError {}

/** The event id was already appended with other content; the first event stands, nothing was written. */
export class EventIdReusedError extends SessionDbError {
  readonly eventId: string;
  readonly offset: number;

  constructor(eventId: string, offset: number) {
    super("EVENT_ID_REUSED", `event id ${eventId} already stands at offset ${offset} with other content`, {
      hint: "give each new event a new id; repeat an append only with exactly the same events",
    });
    this.eventId = eventId;
    this.offset = offset;
  }
}

/** The log is locked by somebody else, or its server cannot be reached. Trying again later may help. */
export class UnavailableError extends SessionDbError {}

/**
 * What was asked for was moved into an archive file, which is not at hand. Nothing was given in its place, nothing was
 * written.
 */
export class ArchivedError extends SessionDbError {
  /** The last offset that is archived (inclusive): what is behind it is in the store. */
  readonly lastArchived: number;

  constructor(message: string, lastArchived: number, facts: ErrorFacts = {}) {
    super("ARCHIVED", message, facts);
    this.lastArchived = lastArchived;
  }
}

/** Retries are spent and the backend never said whether the append was committed. Repeat it with the same event ids. */
export class AppendOutcomeUnknownError extends SessionDbError {
  readonly eventIds: readonly string[];

  constructor(eventIds: readonly string[], cause: unknown) {
    super("APPEND_OUTCOME_UNKNOWN", "the storage failed before it confirmed or refused the append", {
      hint: "append again with the same event ids: what was committed is recognised and not doubled",
      cause,
    });
    this.eventIds = eventIds;
  }
}

export interface IntegrityFacts extends ErrorFacts {
  /** Offset of the first event that is wrong, where it is known. */
  readonly offset?: number;
  /** Line number from 1, for JSONL. */
  readonly line?: number;
  /** Byte position from 0 of the start of that line, for JSONL. */
  readonly byte?: number;
  /** A shell command that prints the file as it was, where an editor has changed all of it, for JSONL. */
  readonly undo?: string;
}

/** Stored history is damaged or was edited. */
export class IntegrityError extends SessionDbError {
  readonly offset: number | undefined;
  readonly line: number | undefined;
  readonly byte: number | undefined;
  readonly undo: string | undefined;

  constructor(code: string, message: string, facts: IntegrityFacts = {}) {
    super(code, message, facts);
    this.undo = facts.undo;
    this.offset = facts.offset;
    this.line = facts.line;
    this.byte = facts.byte;
  }
}

/** An offset and the hash of its event. */
interface Place {
  readonly offset: number;
  readonly hash: string;
}

/**
 * The server that is there now lacks an event that another one had given to this process: a fail-over lost it, and the log
 * has gone on, or would go on, without. Nothing was written. `offset` is that of the event, `known` it, and `found` what
 * stands there now, or the end of the log where that is before it.
 */
export class ForkedError extends IntegrityError {
  readonly known: Place;
  readonly found: Place;

  constructor(url: string, known: Place, found: Place, facts: ErrorFacts = {}) {
    const now =
      found.offset < known.offset ? `the log ends at offset ${found.offset} (${found.hash})` : `it is ${found.hash}`;
    const message = `${url}: another server had the event ${known.hash} at offset ${known.offset}, and on this one ${now}`;
    super("LOG_FORKED", message, {
      hint: "a fail-over lost events: save what the old server has (sessiondb backup), look at what is missing, then open the log again to go on without it",
      ...facts,
      offset: known.offset,
    });
    this.known = known;
    this.found = found;
  }
}

/** The two logs do not share one history after `lastCommonOffset`. */
export class DivergedError extends SessionDbError {
  readonly lastCommonOffset: number;

  constructor(message: string, lastCommonOffset: number, facts: ErrorFacts = {}) {
    super("LOGS_DIVERGED", message, facts);
    this.lastCommonOffset = lastCommonOffset;
  }
}

/** Sealed events do not continue the chain at the tail of the log; nothing was written. */
export class ChainBreakError extends SessionDbError {
  readonly tailOffset: number;

  constructor(message: string, tailOffset: number, facts: ErrorFacts = {}) {
    super("CHAIN_BREAK", message, facts);
    this.tailOffset = tailOffset;
  }
}

/** The act destroys something and was not confirmed. */
export class RefusedError extends SessionDbError {}

/** The log was frozen because it goes on at another address; nothing was written, and reading goes on. */
export class MovedError extends RefusedError {
  /** Without a password. */
  readonly movedTo: string;

  constructor(url: string, movedTo: string, facts: ErrorFacts & { readonly outcome?: string } = {}) {
    const { outcome = "nothing was written" } = facts;
    super("LOG_MOVED", `${url} has moved to ${movedTo}; ${outcome}`, {
      hint: `write to ${movedTo}; to write here again: sessiondb rollback last --to ${movedTo}`,
      ...facts,
    });
    this.movedTo = movedTo;
  }
}

/** The caller ended the work by his signal; what was done until then stays, and `hint` says how to go on. */
export class StoppedError extends SessionDbError {}

/** Git ended with a failure: `exitCode`, and the end of what it said in `said` (passwords masked). */
export class GitError extends SessionDbError {
  readonly exitCode: number;
  readonly said: string;

  constructor(message: string, exitCode: number, said: string, hint: string) {
    super("GIT_FAILED", said === "" ? message : `${message}: ${said}`, { hint });
    this.exitCode = exitCode;
    this.said = said;
  }
}

/** The log was closed by its owner. */
export class ClosedError extends SessionDbError {
  constructor(operation: string) {
    super("LOG_CLOSED", `${operation}: the log is closed`, {
      hint: "open it again with openLog(url)",
    });
  }
}

/** A file, disk or server failed; after an append, reopen before going on. */
export class StorageError extends SessionDbError {}
