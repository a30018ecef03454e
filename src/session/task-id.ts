interface TaskNumber {
  readonly prefix: string;
  readonly number: string;
}

const NUMBERED = /^(?:([a-z][a-z0-9_-]*)?#)?0*(\d+)$/i;

/**
 * How well two task ids name the same task: 3 the same text, 2 the same number and prefix (`#002`, `2`), 1 the same
 * number only (`283` and `md#283`; `md#283` and `mt#283`, because tasks kept their numbers when they moved from one
 * task system to another), 0 not at all. Who looks one up takes the best match.
 */
export function taskIdMatch(a: unknown, b: unknown): 0 | 1 | 2 | 3 {
  if (typeof a !== "string" || typeof b !== "string" || a === "" || b === "") return 0;
  if (a === b) return 3;
  const left = numberOf(a);
  const right = numberOf(b);
  if (left === undefined || right === undefined || left.number !== right.number) return 0;
  return left.prefix === right.prefix ? 2 : 1;
}

function numberOf(taskId: string): TaskNumber | undefined {
  const match = NUMBERED.exec(taskId.trim());
  if (match === null) return undefined;
  const prefix = (match[1] ?? "").toLowerCase();
  // `task#064` and `task-md#123` are how sessions name the tasks #064 and md#123.
  return { prefix: prefix.replace(/^task-?/, ""), number: match[2] as string };
}

/** The name that sessions of a task have: `#064` → `task#064`, `md#283` → `task-md#283`; undefined for what has no number. */
export function sessionIdOfTask(taskId: string): string | undefined {
  const [, prefix = "", digits] = /^(?:([a-z][a-z0-9_-]*)?#)?(\d+)$/i.exec(taskId.trim()) ?? [];
  if (digits === undefined) return undefined;
  return prefix === "" || prefix.toLowerCase() === "task" ? `task#${digits}` : `task-${prefix}#${digits}`;
}
