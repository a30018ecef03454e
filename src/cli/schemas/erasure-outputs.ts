import * as z from "zod";
import { count, type OutputSchema, offset, output, path, time, version } from "./parts.js";

const shown = z.object({ offset, stream: z.string(), version, type: z.string(), time, actor: z.string() });

const touched = z.object({
  session: z.string(),
  lost: z.array(path).describe("what its present record loses"),
  restated: z.boolean().describe("true where the rest of it is said again"),
});

const appended = z.object({
  session: z.string().optional(),
  offset,
  version,
  type: z.string(),
  id: z.string(),
  hash: z.string(),
});

export const ERASURE_OUTPUTS: readonly OutputSchema[] = [
  output("erasure/1", ["redact", "erase"], {
    dryRun: z.boolean(),
    offset,
    subject: z.string(),
    events: count.describe("events that lose their data"),
    erasedBefore: count,
    bytes: count,
    deletes: z.boolean(),
    shown: z.array(shown).describe("the first hundred of the events"),
    sessions: z.array(touched),
    remains: z.array(z.string()).describe("where the data may still be, in words"),
    items: z.array(appended).describe("what was appended, the record of the redaction last"),
  }),
];
