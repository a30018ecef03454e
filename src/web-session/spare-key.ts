import { AppendOutcomeUnknownError } from "../errors.js";
import type { SessionKey } from "../log/key-store.js";
import type { SessionKeys } from "./session-keys.js";
import type { WebStream } from "./session-stream.js";

/** Hands out a new key, and takes it back where `act` (which gives the id of the key it used) did not need it. */
export async function withSpareKey(
  keys: SessionKeys,
  act: (spare: () => Promise<SessionKey>) => Promise<string | undefined>,
): Promise<void> {
  let taken: SessionKey | undefined;
  const spare = async () => {
    taken ??= await keys.take();
    return taken;
  };
  try {
    const used = await act(spare);
    if (taken !== undefined && used !== (taken as SessionKey).id) keys.giveBack(taken);
  } catch (error) {
    // What may have been written keeps its key.
    if (taken !== undefined && !(error instanceof AppendOutcomeUnknownError)) keys.giveBack(taken);
    throw error;
  }
}

/** The key of a session. @returns undefined where the session is new, or its key is gone */
export async function keyOf(keys: SessionKeys, { state }: WebStream): Promise<SessionKey | undefined> {
  const key = state === undefined ? null : await keys.get(state.key);
  return state === undefined || key === null ? undefined : { id: state.key, key };
}
