/**
 * `ok`: looked at, and right. `warn`: works, and something should be done. `unknown`: it could not be looked at, which is
 * never taken for right. `bad`: something is wrong.
 */
export const SEVERITIES = ["ok", "warn", "unknown", "bad"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What to do about it. */
export interface Mend {
  /** `command`: a line for a shell. `sql`: for the server, by whoever may. `advice`: only a person can. */
  readonly kind: "command" | "sql" | "advice";
  readonly text: string;
}

/** One thing that was seen. Texts may quote stored names: print them escaped. */
export interface Finding {
  /** The check that saw it. */
  readonly check: string;
  /** What it is, stable, in kebab-case; scripts may rely on it. */
  readonly code: string;
  readonly severity: Severity;
  readonly what: string;
  /** Why it matters; null where it is ok. */
  readonly why: string | null;
  /** null where it is ok. */
  readonly mend: Mend | null;
  /** Whether `--fix` mends it: what it does is safe, and loses nothing. */
  readonly fixable: boolean;
}

/** As a check makes it. */
export interface Seen {
  readonly code: string;
  readonly severity: Severity;
  readonly what: string;
  readonly why?: string;
  readonly mend?: Mend;
  /** Mends it. @returns what it has done */
  readonly fix?: () => Promise<string>;
}

export function ok(code: string, what: string): Seen {
  return { code, severity: "ok", what };
}

export function command(text: string): Mend {
  return { kind: "command", text };
}

export function sql(text: string): Mend {
  return { kind: "sql", text };
}

export function advice(text: string): Mend {
  return { kind: "advice", text };
}
