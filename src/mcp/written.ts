import * as z from "zod";
import type { SealedEvent } from "../log/event.js";
import type { Answer } from "./answer.js";

export const reason = z.string().min(1).max(2_000).describe("why: stands in the audit trail for good");

export const appendedOutput = z.object({
  appended: z
    .array(z.looseObject({ offset: z.number(), version: z.number(), type: z.string() }))
    .describe("the new events; empty where nothing differed"),
  undo: z.string().optional().describe("the command line that takes it back"),
});

/** What a writing tool answers: durable from here on. @param offset where nothing was appended: of the log */
export function appended(events: readonly SealedEvent[], cli: string, undo?: string, offset = 0): Answer {
  return {
    offset: events.at(-1)?.offset ?? offset,
    cli,
    appended: events.map(({ offset: at, version, type, stream }) => ({ offset: at, version, type, stream })),
    ...(undo === undefined || events.length === 0 ? {} : { undo }),
  };
}
