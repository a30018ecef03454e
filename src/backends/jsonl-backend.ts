import { addressParts } from "../config/address.js";
import { SEGMENT_SIZE_FORM, segmentSize } from "../config/segment-size.js";
import { UsageError } from "../errors.js";
import { probeFile } from "../log/store-probe.js";
import type { LogBackend } from "./log-backend.js";
import { pathOf } from "./store-url.js";

export const JSONL: LogBackend = {
  isFile: true,
  open: async (rest, options, url) => {
    const path = pathOf(rest, url);
    const asked = segmentBytesOf(url);
    const { JsonlLog } = await import("../log/jsonl/jsonl-log.js");
    return JsonlLog.open(path, asked === undefined ? options : { ...options, segmentBytes: asked });
  },
  probe: async (rest, _options, url) => probeFile(pathOf(rest, url), await segmentEndings(pathOf(rest, url))),
  exam: async (rest, _options, url) => {
    const { JsonlFileExam } = await import("../log/jsonl/jsonl-exam.js");
    return new JsonlFileExam(pathOf(rest, url));
  },
};

/** Of a log in segments, how the names of their files end. */
async function segmentEndings(path: string): Promise<string[]> {
  const { checkManifest } = await import("../log/jsonl/manifest.js");
  const { segmentPath } = await import("../log/jsonl/segment-entry.js");
  return (checkManifest(path)?.segments ?? []).map(({ n }) => segmentPath("", n));
}

/** What its address says. @throws UsageError STORE_URL_INVALID */
function segmentBytesOf(url: string): number | undefined {
  const { query } = addressParts(url);
  if (query === "") return undefined;
  const size = segmentSize(query.slice(query.indexOf("=") + 1));
  if (size !== undefined) return size;
  const message = `${JSON.stringify(url)}: ${JSON.stringify(query)} names no size of a segment`;
  throw new UsageError("STORE_URL_INVALID", message, { hint: `write ?segment= and ${SEGMENT_SIZE_FORM}` });
}
