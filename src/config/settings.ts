import * as z from "zod";
import { isSchemaName, SCHEMA_NAME_FORM } from "../log/schema-name.js";
import { SEGMENT_SIZE_FORM, segmentSize } from "./segment-size.js";

export type SettingValue = string | number | boolean;

/**
 * What a repository's file may say of a setting: `free` anything, `inside` a path inside the repository, `reference` only
 * a variable's name as `${NAME}`, `store` the address of a file inside the repository or a reference, `never` nothing.
 */
export type RepositoryRule = "free" | "inside" | "reference" | "store" | "never";

/** One thing that can be configured. */
export interface Setting {
  /** Its canonical name, also its place in a file: `sessiondb.sqlite.path`. */
  readonly key: string;
  /** Other places in a section of a file: `dbPath` is `sessiondb.dbPath`, `storage.db_path` and `persistence.dbPath`. */
  readonly aliases: readonly string[];
  /** Environment variables, the one that counts first. */
  readonly variables: readonly string[];
  readonly schema: z.ZodType<SettingValue>;
  /** What a right value is, for error messages and help. */
  readonly expected: string;
  /** `path` is made absolute, `address` names a store. */
  readonly kind: "plain" | "path" | "address";
  /** The value may hold a password: it is never shown whole. */
  readonly secret: boolean;
  readonly repository: RepositoryRule;
}

export const SECTION = "sessiondb";
export const BACKENDS = ["json", "jsonl", "sqlite", "postgres", "postgresql"] as const;
export const FALLBACKS = ["none", "outbox"] as const;
/** `prefer` and `allow` are missing on purpose: they fall back to clear text without a word. */
export const SSL_MODES = ["disable", "require", "verify-ca", "verify-full"] as const;

const SCRUB_MODES = ["off", "warn", "on"] as const;

const DAY_MS = 86_400_000;
const MAX_CONNECTIONS = 100;
const MAX_TEXT_CHARS = 4096;

const text = z
  .string()
  .min(1)
  .max(MAX_TEXT_CHARS)
  .regex(/^\P{Cc}*$/u);
const server = text.regex(/^postgres(ql)?:\/\//);
const wholeText = z
  .string()
  .regex(/^\d{1,9}$/)
  .transform(Number);

export const SETTINGS: readonly Setting[] = [
  plain("backend", z.enum(BACKENDS), `one of ${BACKENDS.join(", ")}`, {
    variables: [
      "MINSKY_PERSISTENCE_BACKEND",
      "MINSKY_SESSIONDB_BACKEND",
      "MINSKY_SESSION_BACKEND",
      "MINSKY_STORAGE_BACKEND",
      "STORAGE_BACKEND",
    ],
  }),
  setting("store", text, "jsonl:PATH, sqlite:PATH or postgres://…", {
    variables: ["SESSIONDB_STORE"],
    kind: "address",
    secret: true,
    repository: "store",
  }),
  path("jsonl.path", { aliases: ["json.path", "json.filePath", "jsonl.filePath"] }),
  plain(
    "jsonl.segment",
    z.string().refine((size) => segmentSize(size) !== undefined),
    SEGMENT_SIZE_FORM,
    {},
  ),
  path("sqlite.path", {
    aliases: ["sqlite.dbPath", "dbPath"],
    variables: ["MINSKY_PERSISTENCE_SQLITE_PATH", "MINSKY_SESSIONDB_SQLITE_PATH", "MINSKY_SQLITE_PATH"],
  }),
  plain("sqlite.enableWAL", booleanOf(true), "true: the log is always in WAL mode", { aliases: ["sqlite.enableWal"] }),
  plain("lockTimeoutMs", whole(1, DAY_MS), wholeFrom(1, DAY_MS), {
    aliases: ["lockTimeout", "sqlite.timeout", "sqlite.timeoutMs", "postgres.lockTimeout", "postgres.lockTimeoutMs"],
  }),
  setting("postgres.connectionString", server, "postgres://user@host:5432/database", {
    aliases: ["connectionString", "postgres.connectionUrl", "connectionUrl", "postgres.url"],
    variables: ["MINSKY_PERSISTENCE_POSTGRES_URL", "MINSKY_SESSIONDB_POSTGRES_URL", "MINSKY_POSTGRES_URL"],
    secret: true,
    repository: "reference",
  }),
  plain("postgres.schema", z.string().refine(isSchemaName), SCHEMA_NAME_FORM),
  setting("postgres.listenUrl", server, "postgres://user@host:5432/database, past the pooler", {
    secret: true,
    repository: "reference",
  }),
  setting("postgres.readUrl", server, "postgres://user@standby:5432/database", {
    secret: true,
    repository: "reference",
  }),
  plain("postgres.maxConnections", whole(1, MAX_CONNECTIONS), `a whole number from 1 to ${MAX_CONNECTIONS}`, {
    aliases: ["postgres.poolSize"],
  }),
  plain("postgres.connectTimeoutMs", whole(1, DAY_MS), wholeFrom(1, DAY_MS), { aliases: ["postgres.connectTimeout"] }),
  plain("postgres.statementTimeoutMs", whole(1, DAY_MS), wholeFrom(1, DAY_MS), {
    aliases: ["postgres.statementTimeout"],
  }),
  plain("postgres.ssl.mode", sslMode(), `one of ${SSL_MODES.join(", ")}; true is verify-full, false disable`, {
    aliases: ["postgres.ssl", "postgres.sslMode"],
    repository: "never",
  }),
  path("postgres.ssl.ca", { aliases: ["postgres.ssl.caFile"], repository: "never" }),
  plain("fallback", z.enum(FALLBACKS), `one of ${FALLBACKS.join(", ")}`, {
    aliases: ["postgres.fallback"],
    variables: ["SESSIONDB_FALLBACK"],
  }),
  // What lies there is sent to the user's server, in the user's name.
  path("outbox.path", { aliases: ["outboxPath", "postgres.outboxPath"], repository: "never" }),
  path("baseDir", {
    aliases: ["json.baseDir", "jsonl.baseDir", "sqlite.baseDir"],
    variables: ["MINSKY_SESSIONDB_BASE_DIR", "MINSKY_BASE_DIR"],
  }),
  plain("scrub.mode", z.enum(SCRUB_MODES), `one of ${SCRUB_MODES.join(", ")}`, {
    variables: ["SESSIONDB_SCRUB"],
    repository: "never",
  }),
  plain("scrub.paths", text, "places in a record, with commas between: prState.token, labels.key", {
    repository: "never",
  }),
  plain("scrub.pattern", text, "a regular expression", { repository: "never" }),
  plain("actor", text, "a name", { variables: ["SESSIONDB_ACTOR", "MINSKY_ACTOR"], repository: "never" }),
];

type Facts = Partial<Pick<Setting, "aliases" | "variables" | "kind" | "secret" | "repository">>;

function setting(name: string, schema: z.ZodType<SettingValue>, expected: string, facts: Facts): Setting {
  const rest = { aliases: [], variables: [], kind: "plain", secret: false, repository: "free", ...facts } as const;
  return { key: `${SECTION}.${name}`, schema, expected, ...rest };
}

function plain(name: string, schema: z.ZodType<SettingValue>, expected: string, facts: Facts = {}): Setting {
  return setting(name, schema, expected, facts);
}

function path(name: string, facts: Facts): Setting {
  return setting(name, text, "a path", { kind: "path", repository: "inside", ...facts });
}

function whole(least: number, most: number) {
  return z.union([z.number(), wholeText]).pipe(z.int().min(least).max(most));
}

function wholeFrom(least: number, most: number): string {
  return `a whole number of milliseconds from ${least} to ${most}`;
}

function booleanOf(only: boolean) {
  return z.union([z.boolean(), z.enum(["true", "false"]).transform((word) => word === "true")]).pipe(z.literal(only));
}

function sslMode() {
  const words: Readonly<Record<string, string>> = { true: "verify-full", false: "disable" };
  return z.preprocess((value) => words[String(value)] ?? value, z.enum(SSL_MODES)) as z.ZodType<string>;
}
