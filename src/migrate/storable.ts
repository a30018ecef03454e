import { canonicalText } from "../log/canonical.js";
import type { SealedEvent } from "../log/event.js";
import { MAX_META_CHARS } from "../log/meta-text.js";
import { assertName, MAX_NAME_BYTES, MAX_STREAM_BYTES } from "../log/prepare.js";

/**
 * Finds events that a backend could refuse, or would give back other than they are. An append refuses such values, so only
 * logs that other programs have made hold any: names that no index takes, texts that are not canonical JSON (a raw line
 * break would cut a line of JSONL in two), values beyond the limits.
 *
 * What was found right in the event before is not looked at again: the same type, actor and meta often come again and
 * again, and most of the time went into them (measured).
 */
export class StorageCheck {
  readonly #right = { type: "", actor: "", metaText: "" };

  /** Why a backend could not hold the event; undefined where all hold it the same. */
  fault(event: SealedEvent): string | undefined {
    try {
      return this.#faultIn(event);
    } catch (error) {
      return (error as Error).message;
    }
  }

  #faultIn(event: SealedEvent): string | undefined {
    const { stream, type, actor, metaText, dataText } = event;
    const right = this.#right;
    assertName("stream", stream, MAX_STREAM_BYTES);
    if (type !== right.type) assertName("type", type, MAX_NAME_BYTES);
    right.type = type;
    if (actor !== right.actor) assertName("actor", actor, MAX_NAME_BYTES);
    right.actor = actor;
    if (metaText !== right.metaText) {
      if (metaText.length > MAX_META_CHARS) return `its meta is longer than ${MAX_META_CHARS} characters`;
      if (canonicalText(event.meta) !== metaText) return "its meta is not canonical JSON";
      right.metaText = metaText;
    }
    if (dataText !== null && canonicalText(event.data) !== dataText) return "its data is not canonical JSON";
    return undefined;
  }
}
