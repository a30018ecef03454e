import type { Tail } from "../seal.js";
import type { LockedStore } from "./locked-store.js";

/** @returns the last tail @throws MovedError where it has moved to another place */
export async function freezeLog(locked: LockedStore, movedTo: string): Promise<Tail> {
  return locked.hold(async (known) => {
    if (locked.movedTo !== null && locked.movedTo !== movedTo) locked.assertHereLocked();
    if (locked.movedTo === null) locked.writeMovedToLocked(movedTo, known);
    return known.end.tail;
  });
}

export async function thawLog(locked: LockedStore): Promise<void> {
  await locked.hold(async (known) => {
    if (locked.movedTo !== null) locked.writeMovedToLocked(null, known);
  });
}
