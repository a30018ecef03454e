import { hostname, userInfo } from "node:os";
import { assertName, MAX_NAME_BYTES } from "../log/prepare.js";

type Env = Readonly<Record<string, string | undefined>>;

/** Who changes things, where the caller does not say: the environment, else `user@host`. */
export function defaultActor(env: Env = process.env): string {
  const named = env.SESSIONDB_ACTOR ?? env.MINSKY_ACTOR;
  if (named !== undefined && named !== "") {
    assertName("actor", named, MAX_NAME_BYTES);
    return named;
  }
  return `${userName(env)}@${hostname()}`;
}

/** A user id without an entry in the user database has no name. */
function userName(env: Env): string {
  try {
    return userInfo().username;
  } catch {
    return env.USER ?? `uid-${process.getuid?.() ?? "unknown"}`;
  }
}
