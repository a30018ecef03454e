import { UsageError } from "../errors.js";
import type { Json } from "../log/canonical.js";

/** Fields that are text whatever their value looks like: `taskId=283` is the text "283". */
const TEXT_FIELDS = new Set([
  ...["session", "shortId", "repoName", "repoUrl", "repoPath", "createdAt", "taskId", "backendType", "branch"],
  ...["workspacePath", "sessionPath", "prBranch", "lastActivityAt", "lastCommitHash", "lastCommitMessage", "status"],
  ...["agentId", "syncStatus", "projectId", "interfaceBinding", "description"],
]);

type Record = { [field: string]: unknown };

/** One `--set path=value` or `--unset path`. A dot goes into an object: `prState.exists=false`. */
export interface Assignment {
  readonly path: readonly string[];
  /** undefined removes the member. */
  readonly value: Json | undefined;
}

/** The value is JSON where it reads as JSON and the field is not a text field, else text. @throws UsageError */
export function parseSet(text: string): Assignment {
  const at = text.indexOf("=");
  if (at < 1) {
    throw new UsageError("ARGUMENT_INVALID", `--set takes FIELD=VALUE, not ${JSON.stringify(text)}`, {
      hint: "for example --set branch=main, or --set prState.exists=false",
    });
  }
  const path = text.slice(0, at).split(".");
  const value = text.slice(at + 1);
  return { path, value: path.length === 1 && TEXT_FIELDS.has(path[0] as string) ? value : jsonOrText(value) };
}

export function parseUnset(text: string): Assignment {
  if (text !== "") return { path: text.split("."), value: undefined };
  throw new UsageError("ARGUMENT_INVALID", "--unset takes the name of a field", {
    hint: "for example --unset prBranch",
  });
}

/** A copy of `record` with the assignments made, in order. @throws UsageError where a path goes through a non-object */
export function assign<R extends object>(record: R, assignments: readonly Assignment[]): R {
  return assignments.reduce((changed, { path, value }) => assignOne(changed as Record, path, value) as R, record);
}

function assignOne(record: Record, path: readonly string[], value: Json | undefined): Record {
  const [key = "", ...rest] = path;
  const members = new Map(Object.entries(record));
  if (rest.length === 0) {
    if (value === undefined) members.delete(key);
    else members.set(key, value);
  } else {
    const inner = members.get(key) ?? {};
    if (typeof inner !== "object" || Array.isArray(inner)) {
      throw new UsageError(
        "ARGUMENT_INVALID",
        `${key} holds ${JSON.stringify(inner)}, which has no member ${rest[0]}`,
        {
          hint: `--unset ${key} first`,
        },
      );
    }
    members.set(key, assignOne(inner as Record, rest, value));
  }
  return Object.fromEntries(members);
}

function jsonOrText(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text; // that is what text is
  }
}
