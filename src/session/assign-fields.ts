import { UsageError } from "../errors.js";
import type { Json } from "../log/canonical.js";

type Record = { [field: string]: unknown };

/** A place in a record, and what is to be there. */
export interface Assignment {
  readonly path: readonly string[];
  /** undefined removes the member. */
  readonly value: Json | undefined;
}

/** A copy of `record` with the assignments made, in order. @throws UsageError where a path goes through a non-object */
export function assignFields<R extends object>(record: R, assignments: readonly Assignment[]): R {
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
          hint: `unset ${key} first`,
        },
      );
    }
    members.set(key, assignOne(inner as Record, rest, value));
  }
  return Object.fromEntries(members);
}
