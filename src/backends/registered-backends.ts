import type { OpenBackend } from "./log-backend.js";

/** Backends from outside the package, by their scheme, in the order in which they came. */
export const REGISTERED = new Map<string, OpenBackend>();
