import {
  IntegrityError,
  NotFoundError,
  SessionDbError,
  StorageError,
  UnavailableError,
  UsageError,
} from "../../../errors.js";
import { maskCause, maskText } from "../../mask-url.js";
import { modelGone } from "../read-model/model-gone.js";
import { CommitUnknown, isConnectionLost } from "./postgres-failures.js";
import { movedError } from "./postgres-freeze.js";
import { NoServer } from "./servers/server-role.js";

type Translation = (url: string, text: string, cause: unknown) => SessionDbError;
type ErrorClass = new (code: string, message: string, facts: { hint: string; cause: unknown }) => SessionDbError;

function say(type: ErrorClass, code: string, what: string, hint: string): Translation {
  return (url, text, cause) => new type(code, `${url}: ${what} (${text})`, { hint, cause });
}

const unreachable = say(
  UnavailableError,
  "SERVER_UNREACHABLE",
  "the server cannot be reached",
  "check host, port and network, and that the server runs; then try again",
);
const noServer = say(
  UnavailableError,
  "NO_SERVER",
  "no server of this address can be used",
  "start one of them, or promote a standby; for reading only, ?target_session_attrs=any takes a standby, too",
);
const refused = say(
  UnavailableError,
  "CONNECT_REFUSED",
  "nothing listens at this host and port",
  "start the server, or correct host and port",
);
const locked = say(
  UnavailableError,
  "LOG_LOCKED",
  "the log stayed locked by another writer",
  "try again; to see who holds it: SELECT pid, state, query FROM pg_stat_activity WHERE state <> 'idle'",
);
const authFailed = say(
  UsageError,
  "AUTH_FAILED",
  "the server does not accept user and password",
  "correct them, for example with PGPASSWORD in the environment; see also the server's pg_hba.conf",
);
const tlsFailed = say(
  UsageError,
  "TLS_FAILED",
  "no encrypted connection could be made",
  "?sslmode=verify-full&sslrootcert=FILE names the certificate authority, and require means the same; ?sslmode=no-verify encrypts to whomever; ?sslmode=disable is without encryption",
);
const hostUnknown = say(UsageError, "HOST_NOT_FOUND", "no such host", "correct the host's name in the address");
const gone = say(
  NotFoundError,
  "LOG_NOT_FOUND",
  "the log's tables are not there",
  "check ?schema= and the database; opening the address again creates an empty log",
);
const denied = say(
  UsageError,
  "PERMISSION_DENIED",
  "this user may not do that",
  "let the owner grant it: GRANT CREATE ON DATABASE … to create a log, GRANT … ON ALL TABLES IN SCHEMA … to use it",
);
const noCopy = say(
  UsageError,
  "PERMISSION_DENIED",
  "many rows at once are not taken from a user whom row level security concerns",
  "let an administrator say: ALTER ROLE … BYPASSRLS; or do it as the owner of the tables",
);
const encoding = say(
  StorageError,
  "ENCODING_TOO_SMALL",
  "the database cannot hold all characters; nothing was written",
  "move the log to a database that was made with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0: sessiondb migrate",
);
const damaged: Translation = (url, text, cause) =>
  new IntegrityError("STORAGE_DAMAGED", `${url}: the server found damaged data (${text})`, {
    hint: "run: sessiondb verify; restore from a backup or another copy of this log",
    cause,
  });
/** Offsets, versions and ids are given out under the lock and after looking them up, so no two can meet. */
const headChanged: Translation = (url, text, cause) =>
  new IntegrityError("HEAD_CHANGED", `${url}: an event was added while the log was locked (${text})`, {
    hint: "look for programs that write to the table of events by themselves; run: sessiondb verify",
    cause,
  });
const failed = say(
  StorageError,
  "STORAGE_FAILED",
  "the server failed",
  "look at the server's log; if it fails again run: sessiondb doctor",
);

/** By SQLSTATE or system code; the first that fits. */
const TRANSLATIONS: ReadonlyArray<readonly [RegExp, Translation]> = [
  [/^(28|0P000)/, authFailed],
  [
    /^3D000$/,
    say(UsageError, "DATABASE_NOT_FOUND", "there is no such database", "create it with createdb, or correct its name"),
  ],
  [/^(42P01|3F000)$/, gone],
  [/^42501$/, denied],
  [
    /^25006$/,
    say(
      StorageError,
      "STORAGE_READ_ONLY",
      "the server only reads here; nothing was written",
      "give the address of the primary server, or a user whose default_transaction_read_only is off",
    ),
  ],
  [
    /^(53100|53400)$/,
    say(
      StorageError,
      "DISK_FULL",
      "the server's disk is full; nothing was written",
      "free some space there, then do it again; reading still works",
    ),
  ],
  [/^22P05$/, encoding],
  [/^XX00[12]$/, damaged],
  [/^23505$/, headChanged],
  [/^(55P03|40P01|40001)$/, locked],
  [
    /^(57014|25P04)$/,
    say(
      UnavailableError,
      "STATEMENT_TIMEOUT",
      "the server cancelled a statement that took too long",
      "try again when it is less busy, or raise statementTimeoutMs, or the role's statement_timeout and transaction_timeout",
    ),
  ],
  [
    /^53300$/,
    say(
      UnavailableError,
      "SERVER_FULL",
      "no free connection",
      "try again, or raise the server's max_connections, or the CONNECTION LIMIT of the role or the database",
    ),
  ],
  [/^ECONNREFUSED$/, refused],
  [/^ENOTFOUND$/, hostUnknown],
  [/^ENOENT$/, refused],
  [/^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO)/, tlsFailed],
];

/** pg has no codes for these, or the server one for many things. */
const MESSAGE_TRANSLATIONS: ReadonlyArray<readonly [RegExp, Translation]> = [
  [/^SASL|password must be a string/i, authFailed],
  [/SSL connection|SSL negotiation|self-signed certificate|certificate/i, tlsFailed],
];

const UNDEFINED_TABLE = "42P01";
/** Whatever stands around the name: the server speaks the language of its lc_messages. */
const MODEL_TABLE = /\bmodel_\w/;
const NOT_SUPPORTED = "0A000";
/** The server's routine that refuses COPY to a user whom row level security concerns; its code says as much of other things. */
const COPY_ROUTINE = "DoCopy";

/** The one place where the driver's errors become ours. Errors that are ours, and programmers' mistakes, pass as they are. */
export function translateError(error: unknown, url: string): unknown {
  if (error instanceof CommitUnknown) return translateError(error.cause, url);
  if (!(error instanceof Error) || error instanceof SessionDbError) return error;
  const moved = movedError(error, url);
  if (moved !== undefined) return moved;
  const { code, routine } = error as { code?: unknown; routine?: unknown };
  const text = [code, maskText(error.message)].filter((part) => typeof part === "string" && part !== "").join(": ");
  const cause = maskCause(error);
  const byCode = typeof code === "string" ? TRANSLATIONS.find(([form]) => form.test(code)) : undefined;
  if (code === UNDEFINED_TABLE && MODEL_TABLE.test(error.message)) return modelGone(url, cause);
  if (code === NOT_SUPPORTED && routine === COPY_ROUTINE) return noCopy(url, text, cause);
  if (byCode !== undefined) return byCode[1](url, text, cause);
  if (error instanceof NoServer) return noServer(url, maskText(error.message), maskCause(error.cause));
  if (isConnectionLost(error)) return unreachable(url, text, cause);
  const byMessage = MESSAGE_TRANSLATIONS.find(([form]) => form.test(error.message));
  if (byMessage !== undefined) return byMessage[1](url, text, cause);
  // A code is the driver's or the system's; an error without one is a mistake in a program, to be seen as it is.
  return typeof code === "string" ? failed(url, text, cause) : error;
}
