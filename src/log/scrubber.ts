import { UsageError } from "../errors.js";
import { escapePointer, type Json } from "./canonical.js";
import { sha256Hex } from "./hash-chain.js";
import { MAY_HOLD_SECRET, SECRET_FORMS } from "./secret-forms.js";

/** `on` takes secrets out before anything is hashed or stored, `warn` only tells of them, `off` does not look. */
export type ScrubMode = "off" | "warn" | "on";

export interface ScrubOptions {
  /** Default `on`. */
  readonly mode?: ScrubMode;
  /**
   * Places (JSON Pointers) whose texts are always secrets: in the record of a session, however an event says it, and in
   * the data of other events. All that lies inside counts.
   */
  readonly paths?: readonly string[];
  /** Texts that match are secrets, too: that which matches is taken out. */
  readonly patterns?: readonly RegExp[];
}

/** Data or meta without its secrets, and the places (JSON Pointers) where they were. */
export interface Scrubbed {
  readonly value: unknown;
  readonly places: readonly string[];
}

/** Hex digits of the hash in a reference: enough to tell two secrets apart, too few to find one. */
const REFERENCE_DIGITS = 8;
/** A name, not a value: whether a session's id looks like a token is not for its data to say. */
const ID_PLACES = ["/record/session", "/foreign/session"];

/**
 * Takes secrets out of what is to be appended. A token is replaced by `$secret:sha256:` and the first digits of its hash,
 * so that the same one can be recognised; a password, which could be guessed from a hash, by `***`. A text stays a text.
 */
export class Scrubber {
  readonly mode: ScrubMode;
  readonly #paths: readonly string[];
  readonly #patterns: readonly RegExp[];
  readonly #tell: (notice: { code: string; message: string }) => void;

  /** @throws UsageError SCRUB_INVALID */
  constructor(
    { mode = "on", paths = [], patterns = [] }: ScrubOptions,
    tell: (notice: { code: string; message: string }) => void,
  ) {
    this.mode = mode;
    this.#paths = paths;
    this.#patterns = patterns.map((pattern) => new RegExp(pattern.source, [...new Set(`${pattern.flags}g`)].join("")));
    this.#tell = tell;
    const bad = paths.find((path) => !path.startsWith("/"));
    if (bad !== undefined) throw invalid(`${JSON.stringify(bad)} is no place`);
  }

  /** One look at a canonical text. False: there is nothing to take out. */
  suspects(text: string): boolean {
    if (this.mode === "off") return false;
    return this.#paths.length > 0 || this.#patterns.length > 0 || MAY_HOLD_SECRET.test(text);
  }

  /** A copy of a JSON value that canonicalText has taken. `root` begins the places, such as `/data`. */
  scrub(value: unknown, root: string): Scrubbed {
    const places: string[] = [];
    const cleaned = this.#clean(value as Json, "", root, places);
    return { value: cleaned, places };
  }

  /** Never silent. The places are told, not what was there. */
  report(stream: string, places: readonly string[]): void {
    const where = `${places.slice(0, 3).join(", ")}${places.length > 3 ? ` and ${places.length - 3} more places` : ""}`;
    if (this.mode === "on") {
      const message = `${stream}: a secret at ${where} was taken out before it was stored; meta.scrubbed names the places`;
      this.#tell({ code: "SECRET_SCRUBBED", message });
    } else {
      const message = `${stream}: what stands at ${where} looks like a secret, and is stored; take it out: sessiondb redact`;
      this.#tell({ code: "SECRET_FOUND", message });
    }
  }

  #clean(value: Json, at: string, root: string, places: string[]): Json {
    if (typeof value === "string") return this.#cleanText(value, at, root, places);
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((one, i) => this.#cleanElement(one, `${at}/${i}`, root, places));
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    // From entries, so that a member called `__proto__` stays one.
    return Object.fromEntries(
      members.map(([key, member]) => [key, this.#clean(member, `${at}/${escapePointer(key)}`, root, places)]),
    );
  }

  /** An operation of a patch writes at its own place in the record. */
  #cleanElement(one: Json, at: string, root: string, places: string[]): Json {
    const { path, value } = (one ?? {}) as { path?: Json; value?: Json };
    if (!/^\/patch\/\d+$/.test(at) || typeof path !== "string" || value === undefined) {
      return this.#clean(one, at, root, places);
    }
    if (path === "/session") return one;
    const cleaned = this.#clean(value, `/record${path}`, root, []);
    if (JSON.stringify(cleaned) === JSON.stringify(value)) return one;
    places.push(`${root}${at}/value`);
    return { ...(one as { [key: string]: Json }), value: cleaned };
  }

  #cleanText(text: string, at: string, root: string, places: string[]): string {
    if (ID_PLACES.includes(at)) return text;
    const cleaned = this.#isSecretPlace(at) ? secretPlace(text) : this.#withoutForms(text);
    if (cleaned !== text) places.push(root + at);
    return cleaned;
  }

  #isSecretPlace(at: string): boolean {
    const place = at.replace(/^\/(?:record|foreign)(?=\/)/, "");
    return this.#paths.some((path) => place === path || place.startsWith(`${path}/`));
  }

  #withoutForms(text: string): string {
    let cleaned = text;
    for (const { form, masked } of SECRET_FORMS) {
      cleaned = masked === undefined ? cleaned.replace(form, reference) : cleaned.replace(form, masked);
    }
    for (const pattern of this.#patterns)
      cleaned = cleaned.replace(pattern, (match) => (match === "" ? "" : reference(match)));
    return cleaned;
  }
}

/** What was replaced before stays as it is, and so does nothing; and a name of where the secret is. */
function secretPlace(text: string): string {
  return text === "" || /^(?:\$secret:sha256:[0-9a-f]{8}|env:[A-Za-z_]\w*)$/.test(text) ? text : reference(text);
}

function reference(secret: string): string {
  return `$secret:sha256:${sha256Hex(secret).slice(0, REFERENCE_DIGITS)}`;
}

function invalid(what: string): UsageError {
  return new UsageError("SCRUB_INVALID", `scrub: ${what}`, {
    hint: "paths are JSON Pointers such as /prState/token, the pattern is a regular expression",
  });
}

/** @throws UsageError SCRUB_INVALID */
export function scrubPattern(text: string): RegExp {
  try {
    return new RegExp(text, "g");
  } catch (cause) {
    throw invalid(`${JSON.stringify(text)} is no regular expression (${(cause as Error).message})`);
  }
}
