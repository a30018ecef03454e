import { canonicalText } from "../log/canonical.js";
import type { SealedEvent } from "../log/event.js";
import { assertName, MAX_META_CHARS, MAX_NAME_BYTES, MAX_STREAM_BYTES } from "../log/prepare.js";

/**
 * Why a backend could refuse the event, or would give it back other than it is; undefined where all hold it the same. An
 * append refuses such values, so only logs that other programs have made hold any: names that no index takes, texts that
 * are not canonical JSON (a raw line break would cut a line of JSONL in two), values beyond the limits.
 */
export function storageFault(event: SealedEvent): string | undefined {
  const { stream, type, actor, metaText, dataText } = event;
  try {
    assertName("stream", stream, MAX_STREAM_BYTES);
    assertName("type", type, MAX_NAME_BYTES);
    assertName("actor", actor, MAX_NAME_BYTES);
    if (metaText.length > MAX_META_CHARS) return `its meta is longer than ${MAX_META_CHARS} characters`;
    if (canonicalText(event.meta) !== metaText) return "its meta is not canonical JSON";
    if (dataText !== null && canonicalText(event.data) !== dataText) return "its data is not canonical JSON";
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
