import { join } from "node:path";
import { freshPostgresUrl } from "./postgres.js";
import { tempDir } from "./temp.js";

/** The backends that several processes share, each with a way to the address of a log that is not there yet. */
export const SHARED_STORES: readonly (readonly [name: string, fresh: () => Promise<string>])[] = [
  ["jsonl", async () => `jsonl:${join(tempDir(), "s.jsonl")}`],
  ["sqlite", async () => `sqlite:${join(tempDir(), "s.db")}`],
  ["postgres", freshPostgresUrl],
];
