interface TaskNumber {
  readonly prefix: string;
  readonly number: string;
}

const NUMBERED = /^(?:([a-z][a-z0-9_-]*)?#)?0*(\d+)$/i;

/**
 * How well two task ids name the same task: 3 the same text, 2 the same number and prefix (`#002`, `2`), 1 the same
 * number where only one has a prefix (`283`, `md#283`), 0 not at all (`gh#12`, `md#12`).
 */
export function taskIdMatch(a: unknown, b: unknown): 0 | 1 | 2 | 3 {
  if (typeof a !== "string" || typeof b !== "string" || a === "" || b === "") return 0;
  if (a === b) return 3;
  const left = numberOf(a);
  const right = numberOf(b);
  if (left === undefined || right === undefined || left.number !== right.number) return 0;
  if (left.prefix === right.prefix) return 2;
  return left.prefix === "" || right.prefix === "" ? 1 : 0;
}

function numberOf(taskId: string): TaskNumber | undefined {
  const match = NUMBERED.exec(taskId.trim());
  if (match === null) return undefined;
  const prefix = (match[1] ?? "").toLowerCase();
  // `task#064` and `task-md#123` are how sessions name the tasks #064 and md#123.
  return { prefix: prefix.replace(/^task-?/, ""), number: match[2] as string };
}
