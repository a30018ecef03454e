import type { Command } from "commander";
import { type CommandContext, examples, type ReadOptions, type RunState, readLeaf } from "../command.js";
import { type Column, renderTable } from "../output/table.js";
import { findSchema, jsonSchemaOf, type NamedSchema, namedSchemas } from "../schemas/named-schema.js";

export function schemaCommand(state: RunState): Command {
  const summary = "JSON Schema of what --json prints, and of the data of events";
  const command = readLeaf<ReadOptions>(state, "schema [name...]", summary, (context, words) =>
    schema(context, words as unknown as string[]),
  );
  return examples(command, [
    "sessiondb schema",
    "sessiondb schema session list",
    "sessiondb schema session.created",
    "sessiondb schema doctor/1 --json",
  ]);
}

async function schema({ streams }: CommandContext<ReadOptions>, words: readonly string[]): Promise<undefined> {
  if (words.length === 0) return list(streams);
  const found = findSchema(words.join(" "));
  const { name, kind } = found;
  const jsonSchema = jsonSchemaOf(found);
  if (streams.json) streams.document({ schema: "schema/1", name, kind, jsonSchema });
  // It is a document itself, and what a validator wants to be given.
  else streams.lines(JSON.stringify(jsonSchema, null, 2).split("\n"));
}

function list(streams: CommandContext<ReadOptions>["streams"]): undefined {
  const all = namedSchemas();
  if (streams.json) {
    const items = all.map(({ name, kind, commands }) => ({ name, kind, commands }));
    streams.document({ schema: "schema-list/1", items });
  } else streams.lines(renderTable(all, COLUMNS, streams.width));
}

const COLUMNS: readonly Column<NamedSchema>[] = [
  { title: "NAME", value: ({ name }) => name },
  { title: "KIND", value: ({ kind }) => kind },
  { title: "PRINTED BY", value: ({ commands }) => commands.join(", "), narrow: 20 },
];
