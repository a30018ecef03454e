/** How the values of a column are to be read. */
export type ColumnKind = "text" | "time" | "json" | "flag" | "count" | "unknown";

export interface MinskyColumn {
  /** Member of the record; of a column that no era knows, its own name. */
  readonly field: string;
  readonly kind: ColumnKind;
}

const FIELDS: ReadonlyArray<readonly [ColumnKind, readonly string[]]> = [
  ["text", ["session", "sessionId", "name", "shortId", "repoName", "repoUrl", "repoPath", "taskId", "backendType"]],
  ["text", ["branch", "workspacePath", "sessionPath", "prBranch", "lastCommitHash", "lastCommitMessage", "status"]],
  ["text", ["agentId", "syncStatus", "projectId", "interfaceBinding"]],
  ["time", ["createdAt", "created", "lastActivityAt"]],
  ["json", ["github", "remote", "prState", "pullRequest"]],
  ["flag", ["prApproved"]],
  ["count", ["commitCount"]],
];

const KNOWN: ReadonlyMap<string, MinskyColumn> = new Map(
  FIELDS.flatMap(([kind, fields]) => fields.map((field) => [folded(field), { field, kind }])),
);

/** Columns that hold the id, by era. */
export const ID_FIELDS: readonly string[] = ["session", "sessionId", "name"];

/** `repo_name`, `repoName` and `reponame` are one field: SQLite folds the case of names, and tables of two eras have both. */
export function minskyColumn(name: string): MinskyColumn {
  return KNOWN.get(folded(name)) ?? { field: name, kind: "unknown" };
}

/** The style of a table, in words. */
export function columnStyle(names: readonly string[]): string {
  const known = names.filter((name) => minskyColumn(name).kind !== "unknown");
  const snake = known.some((name) => name.includes("_"));
  const camel = known.some((name) => /[a-z][A-Z]/.test(name));
  if (snake && camel) return "columns in both styles";
  return snake ? "snake_case columns" : camel ? "camelCase columns" : "columns of one word";
}

function folded(name: string): string {
  return name.replaceAll("_", "").toLowerCase();
}
