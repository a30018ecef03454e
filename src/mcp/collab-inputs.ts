import * as z from "zod";
import { CHUNK_FORMATS, MEMORY_TYPES } from "../../projections/collab-events.js";
import { sha256Hex } from "../log/hash-chain.js";

export const collabSession = z
  .string()
  .min(1)
  .max(255)
  .describe("id of a collaborative session, as list_collab_sessions gives it");

export const partId = z.string().min(1).max(255);

export const memoryKey = partId.describe("key of a memory, such as db or decisions/storage");

export const chunkFormat = z.enum(CHUNK_FORMATS);

export const memoryType = z.enum([...MEMORY_TYPES, "general"]);

export const taskId = z.string().min(1).max(600).describe("SESSION/TASK, as claim_task and list_tasks give it");

export const token = z.number().int().min(1).describe("the token that claim_task gave you");

/** Long enough for work that a model does between two reports. */
export const DEFAULT_LEASE_SECONDS = 900;

export const leaseSeconds = z
  .number()
  .int()
  .min(1)
  .max(86_400)
  .default(DEFAULT_LEASE_SECONDS)
  .describe("you hold the task for so long without a report: 1 to 86,400");

/** What a cursor remembers of a question: short, however long that was. */
export function askedOf(question: unknown): string {
  return sha256Hex(JSON.stringify(question));
}
