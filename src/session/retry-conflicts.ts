import { ConflictError } from "../errors.js";

/** Appends that lost a race are decided again on the new state; each round one writer wins, so rounds are few. */
const MAX_CONFLICT_RETRIES = 32;

/** `act` reads, decides and appends; it is called again as long as somebody else was faster. */
export async function retryConflicts<T>(act: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof ConflictError) || attempt === MAX_CONFLICT_RETRIES) throw error;
    }
  }
}
