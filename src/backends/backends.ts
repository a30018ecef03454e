import { addressParts } from "../config/address.js";
import { expandPath } from "../config/paths.js";
import { UsageError } from "../errors.js";
import { maskUrl } from "../log/mask-url.js";
import { JSONL } from "./jsonl-backend.js";
import type { LogBackend, OpenBackend } from "./log-backend.js";
import { MEMORY } from "./memory-backend.js";
import { POSTGRES } from "./postgres-backend.js";
import { REGISTERED } from "./registered-backends.js";
import { SQLITE } from "./sqlite-backend.js";
import { invalidUrl } from "./store-url.js";

/** By the schemes of their addresses. */
const BACKENDS: ReadonlyMap<string, LogBackend> = new Map<string, LogBackend>([
  ["memory", MEMORY],
  ["jsonl", JSONL],
  ["sqlite", SQLITE],
  ["postgres", POSTGRES],
  ["postgresql", POSTGRES],
]);

/** Who opens an address, and what he is given. @throws UsageError STORE_URL_INVALID */
export function backendOf(url: string): { backend: LogBackend; rest: string } {
  if (typeof url !== "string") throw invalidUrl(`not the address of a log: ${typeof url}`); // an unset variable, mostly
  const { scheme, rest } = addressParts(url);
  const backend = backendNamed(scheme);
  if (backend !== undefined) return { backend, rest };
  throw invalidUrl(`not the address of a log: ${JSON.stringify(maskUrl(url))}`);
}

/** Whoever registers a backend may give it options of his own. */
export function isBuiltIn(url: string): boolean {
  return typeof url === "string" && BACKENDS.has(addressParts(url).scheme);
}

/** The file that a log at this address is; undefined where it is none. */
export function fileOf(url: string): string | undefined {
  const { scheme, rest } = addressParts(url);
  return backendNamed(scheme)?.isFile === true && rest !== "" ? expandPath(rest) : undefined;
}

/** Makes `scheme:…` an address. @throws UsageError SCHEME_TAKEN, SCHEME_INVALID */
export function registerBackend(scheme: string, open: OpenBackend): void {
  if (!/^[a-z][a-z0-9+.-]+$/.test(scheme)) {
    throw new UsageError("SCHEME_INVALID", `${JSON.stringify(scheme)} is no scheme of an address`, {
      hint: "take two or more of a-z, 0-9, +, . and -, starting with a letter",
    });
  }
  if (backendNamed(scheme) !== undefined) {
    throw new UsageError("SCHEME_TAKEN", `${scheme}: has a backend already`, { hint: "choose another scheme" });
  }
  REGISTERED.set(scheme, open);
}

function backendNamed(scheme: string): LogBackend | undefined {
  const open = REGISTERED.get(scheme);
  return open === undefined ? BACKENDS.get(scheme) : { open };
}
