import { sessionStream } from "../../projections/sessions.js";
import type { SealedFields } from "../log/event.js";

/** Which events are wanted; what is not named is not looked at. */
export interface EventSelection {
  /** The id of a session. */
  readonly session?: string;
  /** The whole type, where `*` stands for any characters, also none: `session.*`. */
  readonly type?: string;
  /** The whole actor, with `*` as in type. */
  readonly actor?: string;
}

/** A pure question to one event. */
export function selects({ session, type, actor }: EventSelection): (event: SealedFields) => boolean {
  const stream = session === undefined ? undefined : sessionStream(session);
  return (event) =>
    (stream === undefined || event.stream === stream) &&
    (type === undefined || matchesGlob(type, event.type)) &&
    (actor === undefined || matchesGlob(actor, event.actor));
}

/** Not by a regular expression: many stars in one would take for ever. This takes at most |glob| × |text| steps. */
function matchesGlob(glob: string, text: string): boolean {
  let [g, t, star, from] = [0, 0, -1, 0];
  while (t < text.length) {
    if (glob[g] === "*") {
      star = g++;
      from = t;
    } else if (glob[g] === text[t]) {
      g++;
      t++;
    } else if (star >= 0) {
      // The last star takes one character more.
      g = star + 1;
      t = ++from;
    } else return false;
  }
  while (glob[g] === "*") g++;
  return g === glob.length;
}
