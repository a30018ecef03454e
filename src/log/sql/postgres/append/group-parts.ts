import { MAX_CHARS_PER_APPEND } from "../../../prepare.js";
import type { Group } from "./append-view.js";

/** Groups that certainly do are told apart at little cost: the others are cut into parts first. */
export function fitsOneMessage(group: Group): boolean {
  return group.length <= MAX_APPENDS_AT_ONCE && charsOf(group) <= MAX_CHARS_PER_APPEND;
}

const MAX_APPENDS_AT_ONCE = 64;
const MAX_SHORT_EVENTS = 64;
const MAX_SHORT_CHARS = 1024 * 1024;

/** Where the round trips of a group cost more than what is to be done for its events. */
export function isShort(group: Group): boolean {
  let events = 0;
  for (const append of group) events += append.length;
  return events <= MAX_SHORT_EVENTS && charsOf(group) <= MAX_SHORT_CHARS;
}

function charsOf(group: Group): number {
  let chars = 0;
  for (const append of group) for (const { dataText, metaText } of append) chars += dataText.length + metaText.length;
  return chars;
}

/**
 * Cuts a group into parts of which each fits into one message: the protocol's limit is 1 GiB, and what waits in one
 * group may be more than that. An append is never cut; alone it fits (MAX_CHARS_PER_APPEND).
 */
export function groupParts(group: Group): Group[] {
  const parts: (typeof group)[number][][] = [];
  let room = 0;
  for (const append of group) {
    const chars = charsOf([append]);
    if (chars > room) {
      parts.push([]);
      room = MAX_CHARS_PER_APPEND;
    }
    parts.at(-1)?.push(append);
    room -= chars;
  }
  return parts;
}
