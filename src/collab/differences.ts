import { isSameJson } from "../../projections/json-patch.js";
import type { Json } from "../log/canonical.js";

/** Of each kind, all that a foreign source tells and that does not change by itself. */
const COMPARED = {
  session: ["title", "status", "participants", "context", "metadata"],
  chunk: ["format", "startTime", "endTime", "participants", "extractedItems", "metadata"],
  memory: ["type", "content", "tags"],
  artifact: ["type", "name", "content", "encoding", "format", "taskId", "metadata"],
  agent: ["type", "command", "maxConcurrent", "capabilities", "metadata"],
} as const;

export type ComparedKind = keyof typeof COMPARED;

/** The members in which two of a kind differ; null and absent are the same. */
export function differences(kind: ComparedKind, one: object, other: object): readonly string[] {
  const at = (object: object, name: string) => ((object as Record<string, unknown>)[name] ?? null) as Json;
  return COMPARED[kind].filter((name) => !isSameJson(at(one, name), at(other, name)));
}
