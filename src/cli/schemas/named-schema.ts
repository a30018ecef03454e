import * as z from "zod";
import { nearest } from "../../config/nearest.js";
import { UsageError } from "../../errors.js";
import { EVENT_TYPE_SCHEMAS } from "../../inspect/event-types.js";
import { ALL_OUTPUTS, ERROR_SCHEMA } from "./all-outputs.js";
import { TAIL_RECORD } from "./event-outputs.js";

export interface NamedSchema {
  readonly name: string;
  readonly kind: "output" | "event" | "error";
  /** That print it. */
  readonly commands: readonly string[];
  readonly schema: z.ZodType;
}

/** Everything that has a schema: documents and lines that are printed, and the data of every event type. */
export function namedSchemas(): NamedSchema[] {
  const outputs = ALL_OUTPUTS.flatMap(({ name, commands, document, record }): NamedSchema[] => [
    { name, kind: "output", commands, schema: document },
    ...(record === undefined ? [] : [{ name: `${name}/line`, kind: "output" as const, commands, schema: record }]),
  ]);
  const tail: NamedSchema = {
    name: "events-tail/1/line",
    kind: "output",
    commands: ["events tail"],
    schema: TAIL_RECORD,
  };
  const events = Object.entries(EVENT_TYPE_SCHEMAS).map(([name, schema]): NamedSchema => {
    return { name, kind: "event", commands: [], schema };
  });
  return [...outputs, tail, ...events, { name: "error", kind: "error", commands: [], schema: ERROR_SCHEMA }];
}

/**
 * What a name, or the words of a command, mean; a command that prints one of several forms has all of them.
 *
 * @throws UsageError SCHEMA_UNKNOWN
 */
export function findSchema(asked: string): NamedSchema {
  const all = namedSchemas();
  const exact = all.find(({ name }) => name === asked);
  if (exact !== undefined) return exact;
  const ofCommand = all.filter(({ commands }) => commands.includes(asked));
  const documents = ofCommand.filter(({ name }) => !name.endsWith("/line"));
  const [one, ...others] = documents.length > 0 ? documents : ofCommand;
  if (one === undefined) throw unknown(asked, all);
  if (others.length === 0) return one;
  return { ...one, name: asked, schema: z.union([one.schema, ...others.map(({ schema }) => schema)]) };
}

/** As JSON Schema 2020-12. Members that are not named may be added by newer programs, so they are allowed. */
export function jsonSchemaOf({ name, schema }: NamedSchema): Record<string, unknown> {
  return { $id: `sessiondb:${encodeURIComponent(name)}`, ...z.toJSONSchema(schema, { io: "input" }) };
}

function unknown(asked: string, all: readonly NamedSchema[]): UsageError {
  const names = [...new Set(all.flatMap(({ name, commands }) => [name, ...commands]))];
  const closest = nearest(asked, names);
  return new UsageError("SCHEMA_UNKNOWN", `nothing that has a schema is called ${JSON.stringify(asked)}`, {
    hint: closest !== undefined ? `did you mean: ${closest}` : "sessiondb schema lists them all",
  });
}
