import { MAX_CHARS_PER_APPEND } from "../../prepare.js";
import type { Group } from "./append-view.js";

/**
 * Cuts a group into parts of which each fits into one message: the protocol's limit is 1 GiB, and what waits in one
 * group may be more than that. An append is never cut; alone it fits (MAX_CHARS_PER_APPEND).
 */
export function groupParts(group: Group): Group[] {
  const parts: (typeof group)[number][][] = [];
  let room = 0;
  for (const append of group) {
    let chars = 0;
    for (const { dataText, metaText } of append) chars += dataText.length + metaText.length;
    if (chars > room) {
      parts.push([]);
      room = MAX_CHARS_PER_APPEND;
    }
    parts.at(-1)?.push(append);
    room -= chars;
  }
  return parts;
}
