import * as z from "zod";
import { ARCHIVE_OUTPUTS } from "./archive-outputs.js";
import { COLLAB_OUTPUTS } from "./collab-outputs.js";
import { ERASURE_OUTPUTS } from "./erasure-outputs.js";
import { EVENT_OUTPUTS } from "./event-outputs.js";
import { MOVE_OUTPUTS } from "./move-outputs.js";
import { OUTBOX_OUTPUTS } from "./outbox-outputs.js";
import { PARTITION_OUTPUTS } from "./partition-outputs.js";
import { count, type OutputSchema, offset, output } from "./parts.js";
import { SESSION_OUTPUTS } from "./session-outputs.js";
import { STORE_OUTPUTS } from "./store-outputs.js";
import { WEB_OUTPUTS } from "./web-outputs.js";

/** What an error is on stderr, with --json. */
export const ERROR_SCHEMA = z.object({
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }),
});

const argument = z.object({
  name: z.string(),
  required: z.boolean(),
  variadic: z.boolean(),
  description: z.string(),
  choices: z.array(z.string()).optional(),
});

const option = z.object({
  flags: z.string(),
  name: z.string(),
  short: z.string().optional(),
  type: z.enum(["boolean", "integer", "string"]),
  value: z.string().optional().describe("what stands for the value in the help"),
  description: z.string(),
  required: z.boolean().describe("the command refuses to run without it"),
  repeatable: z.boolean(),
  choices: z.array(z.string()).optional(),
  default: z.unknown().optional(),
  env: z.string().optional().describe("the variable that is taken where the option is not given"),
  conflicts: z.array(z.string()).optional(),
});

const command = z.object({
  command: z.string().describe("as it is typed, without the program's name"),
  aliases: z.array(z.string()),
  summary: z.string(),
  runs: z.boolean().describe("false for a noun, which only stands before its commands"),
  arguments: z.array(argument),
  options: z.array(option),
  examples: z.array(z.string()),
  outputs: z.array(z.string()).describe("what --json prints: names for `sessiondb schema NAME`"),
});

const GUIDE_OUTPUTS: readonly OutputSchema[] = [
  output("help/1", ["help"], {
    program: z.string(),
    version: z.string(),
    exitCodes: z.array(z.object({ code: count, meaning: z.string() })),
    items: z.array(command),
  }),
  output("ui/1", ["ui"], {
    offset,
    url: z.string().describe("the link to the page; it works once"),
    store: z.string(),
    allowWrite: z.boolean(),
  }),
  output("completion/1", ["completion"], { shell: z.string(), script: z.string() }),
  output("schema-list/1", ["schema"], {
    items: z.array(
      z.object({ name: z.string(), kind: z.enum(["output", "event", "error"]), commands: z.array(z.string()) }),
    ),
  }),
  output("schema/1", ["schema"], {
    name: z.string(),
    kind: z.enum(["output", "event", "error"]),
    jsonSchema: z.looseObject({}),
  }),
];

/** Every document that `--json` prints. */
export const ALL_OUTPUTS: readonly OutputSchema[] = [
  ...SESSION_OUTPUTS,
  ...EVENT_OUTPUTS,
  ...STORE_OUTPUTS,
  ...MOVE_OUTPUTS,
  ...ARCHIVE_OUTPUTS,
  ...PARTITION_OUTPUTS,
  ...ERASURE_OUTPUTS,
  ...OUTBOX_OUTPUTS,
  ...WEB_OUTPUTS,
  ...COLLAB_OUTPUTS,
  ...GUIDE_OUTPUTS,
];
