import { NotFoundError } from "../errors.js";
import { shellWord } from "../log/shell-word.js";
import { dottedPath } from "./changes.js";

/** `what` is true of the states that were looked at: all up to a point, or only that of one. */
export function pathNotFound(
  id: string,
  path: string,
  what: "never had anything" | "has nothing" = "never had anything",
): NotFoundError {
  return new NotFoundError("PATH_NOT_FOUND", `session ${id} ${what} at ${dottedPath(path)}`, {
    hint: `run: sessiondb session blame ${shellWord(id)}; an array is one value`,
  });
}
