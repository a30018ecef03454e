import { tokensOf } from "../../projections/json-patch.js";
import { UsageError } from "../errors.js";
import { parseFieldPath } from "../inspect/field-path.js";
import type { Json } from "../log/canonical.js";
import { parseExactJson } from "../log/whole-numbers.js";
import type { Assignment } from "../session/assign-fields.js";

/** Fields that are text whatever their value looks like: `taskId=283` is the text "283". */
const TEXT_FIELDS = new Set([
  ...["session", "shortId", "repoName", "repoUrl", "repoPath", "createdAt", "taskId", "backendType", "branch"],
  ...["workspacePath", "sessionPath", "prBranch", "lastActivityAt", "lastCommitHash", "lastCommitMessage", "status"],
  ...["agentId", "syncStatus", "projectId", "interfaceBinding", "description"],
]);

/** FIELD=VALUE. A key in quotes may hold an equals sign. */
const ASSIGNMENT = /^((?:"(?:[^"\\]|\\.)*"|[^="])+)=(.*)$/s;

/**
 * The place is written as everywhere (`prState.exists`, `labels."a.b"`); the value is JSON where it reads as JSON and the
 * field is not a text field, else text.
 *
 * @throws UsageError ARGUMENT_INVALID, FIELD_PATH_INVALID
 */
export function parseSet(text: string): Assignment {
  const [, place, value] = ASSIGNMENT.exec(text) ?? [];
  if (place === undefined || value === undefined) {
    throw new UsageError("ARGUMENT_INVALID", `--set takes FIELD=VALUE, not ${JSON.stringify(text)}`, {
      hint: "for example --set branch=main, or --set prState.exists=false",
    });
  }
  const path = tokensOf(parseFieldPath(place));
  return { path, value: path.length === 1 && TEXT_FIELDS.has(path[0] as string) ? value : jsonOrText(value) };
}

/** @throws UsageError ARGUMENT_INVALID, FIELD_PATH_INVALID */
export function parseUnset(text: string): Assignment {
  if (text !== "") return { path: tokensOf(parseFieldPath(text)), value: undefined };
  throw new UsageError("ARGUMENT_INVALID", "--unset takes the name of a field", {
    hint: "for example --unset prBranch",
  });
}

function jsonOrText(text: string): Json {
  try {
    return parseExactJson(text) as Json;
  } catch {
    return text; // that is what text is; digits of a number that would be rounded, too
  }
}
