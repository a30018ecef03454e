import { UsageError } from "../errors.js";
import type { Json } from "../log/canonical.js";

/** A place in a record, and what is to be there. */
export interface Assignment {
  readonly path: readonly string[];
  /** undefined removes the member. */
  readonly value: Json | undefined;
}

/** A copy of `record` with the assignments made, in order. @throws UsageError where a path goes through a non-object */
export function assignFields<R extends object>(record: R, assignments: readonly Assignment[]): R {
  const members = new Members(record);
  for (const { path, value } of assignments) members.assign(path, value);
  return members.object() as R;
}

/** The members of an object while assignments are made: every object on their way is copied once, however many they are. */
class Members {
  readonly #members: Map<string, unknown>;

  constructor(object: object) {
    this.#members = new Map(Object.entries(object));
  }

  assign([key = "", ...rest]: readonly string[], value: Json | undefined): void {
    if (rest.length > 0) this.#inner(key, rest[0] as string).assign(rest, value);
    else if (value === undefined) this.#members.delete(key);
    else this.#members.set(key, value);
  }

  object(): object {
    const entries = [...this.#members].map(([key, value]) => [key, value instanceof Members ? value.object() : value]);
    return Object.fromEntries(entries);
  }

  #inner(key: string, next: string): Members {
    const inner = this.#members.get(key) ?? {};
    if (inner instanceof Members) return inner;
    if (typeof inner !== "object" || Array.isArray(inner)) {
      throw new UsageError("ARGUMENT_INVALID", `${key} holds ${JSON.stringify(inner)}, which has no member ${next}`, {
        hint: `unset ${key} first`,
      });
    }
    const members = new Members(inner);
    this.#members.set(key, members);
    return members;
  }
}
