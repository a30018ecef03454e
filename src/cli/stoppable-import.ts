import { StoppedError } from "../errors.js";
import { interruptible } from "./interruptible.js";

/**
 * Runs an import that Ctrl-C ends between two appends, so that a report that was begun is cleared away.
 *
 * @param act calls `goOn` between two appends
 * @throws StoppedError IMPORT_STOPPED; the program ends by the signal when that was told
 */
export function stoppableImport<T>(act: (goOn: () => void) => Promise<T>): Promise<T> {
  return interruptible(async (signal) => {
    try {
      return await act(() => signal.throwIfAborted());
    } catch (error) {
      throw signal.aborted && error === signal.reason ? stopped() : error;
    }
  });
}

function stopped(): StoppedError {
  return new StoppedError("IMPORT_STOPPED", "the import was stopped; what was taken over until then stays", {
    hint: "do it again: it goes on with what is missing",
  });
}
