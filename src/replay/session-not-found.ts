import { NotFoundError } from "../errors.js";
import { shellWord } from "../log/shell-word.js";

/** @param offset the point that was asked for; absent: now */
export function sessionNotFound(id: string, offset?: number): NotFoundError {
  if (offset === undefined) {
    return new NotFoundError("SESSION_NOT_FOUND", `there is no session ${JSON.stringify(id)}`, {
      hint: "run: sessiondb session list",
    });
  }
  return new NotFoundError("SESSION_NOT_FOUND", `there was no session ${JSON.stringify(id)} at offset ${offset}`, {
    hint: `it may be younger, or was deleted then: sessiondb session log ${shellWord(id)}`,
  });
}
