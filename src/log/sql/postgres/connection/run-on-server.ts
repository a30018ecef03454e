import type { PgSession } from "./pg-session.js";

/** Runs an act on a connection of its own; again after failures that pass. */
export type RunOnServer = <T>(operation: string, act: (session: PgSession) => Promise<T>) => Promise<T>;
