import { WEB_CATEGORY } from "../../projections/web-sessions.js";
import { UsageError } from "../errors.js";
import { sha256Hex } from "../log/hash-chain.js";

const MAX_ID_CHARS = 4096;
/** So that the hash is of no use anywhere else. */
const PURPOSE = "sessiondb web session\n";

/**
 * What stands for a session's id in the log: 64 hex digits. The ids that express-session and @fastify/session make have
 * 144 bits and more of randomness, so nobody finds them by guessing; ids of one's own should have as much.
 *
 * @throws UsageError WEB_SESSION_ID_INVALID
 */
export function sessionHash(sid: unknown): string {
  if (typeof sid === "string" && sid !== "" && sid.length <= MAX_ID_CHARS) return sha256Hex(`${PURPOSE}${sid}`);
  throw new UsageError("WEB_SESSION_ID_INVALID", "a session's id is a text of 1 to 4096 characters", {
    hint: "pass the id that the framework has made, without the signature of the cookie",
  });
}

export function webStream(hash: string): string {
  return `${WEB_CATEGORY}-${hash}`;
}
