import { IntegrityError } from "../../../errors.js";

/** A table of a read model is not there, and the list of them says that it is. */
export function modelGone(url: string, cause: unknown): IntegrityError {
  return new IntegrityError("READ_MODEL_DAMAGED", `${url}: a table of a read model is gone`, {
    hint: "no event is lost by that; make the read models anew: sessiondb projection rebuild",
    cause,
  });
}
