import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

let hasRoom: boolean | undefined;

/**
 * Whether a second thread would have a processor of its own, and its start cannot end the process: V8 reserves addresses for
 * each thread, and where they are limited (`ulimit -v`) it gives up for the whole process when it gets none.
 */
export function hasRoomForThread(): boolean {
  hasRoom ??= availableParallelism() >= 2 && !areAddressesLimited();
  return hasRoom;
}

/** Only Linux says; elsewhere nobody limits them. */
function areAddressesLimited(): boolean {
  try {
    return !/^Max address space +unlimited/m.test(readFileSync("/proc/self/limits", "utf8"));
  } catch {
    return false;
  }
}
