import * as z from "zod";
import { count, json, type OutputSchema, offset, output, time } from "./parts.js";

const event = z.object({
  id: z.string(),
  stream: z.string(),
  type: z.string(),
  actor: z.string(),
  data: json,
  meta: json,
  expectedVersion: z.union([count, z.enum(["any", "exists"])]).optional(),
});

const item = z.object({
  queuedAt: time,
  why: z.string().describe("code of the error that kept it from being sent"),
  unsure: z.boolean().describe("the server may have taken it: it went away before it answered"),
  events: z.array(event),
  refused: z.object({ code: z.string(), message: z.string(), at: time }).optional(),
});

const outbox = z.object({
  name: z.string().nullable(),
  folder: z.string().nullable(),
  contactAt: time.nullable(),
  completeAt: time.nullable(),
});

export const OUTBOX_OUTPUTS: readonly OutputSchema[] = [
  output("outbox-list/1", ["outbox list"], {
    offset: offset.describe("last offset of the local copy"),
    outbox,
    items: z.array(item),
    conflicts: z.array(item),
    others: z.array(z.string()).describe("names of outboxes of other servers that hold something"),
  }),
  output("outbox-replay/1", ["outbox replay"], { offset, appended: count, repeated: count, conflicts: count }),
  output("outbox-drop/1", ["outbox drop"], {
    offset,
    part: z.enum(["queue", "conflicts", "copy"]),
    dropped: count,
    file: z.string().nullable().describe("where what was dropped is kept"),
  }),
];
