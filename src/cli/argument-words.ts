import type { Command } from "commander";

/** What the arguments of commands are, by their names; where one means something else, by the command and its name. */
export const WORDS: Readonly<Record<string, string>> = {
  session: "the id of the session",
  "session start session": "its id; default: made of --task",
  "session search words": 'each a word, begin*, or "a phrase"',
  path: "only what lies there: branch, prState, /prState/exists",
  "from..to": "two points: v1..v3, 42..HEAD, mark:x.. (up to now)",
  offset: "an event: 42, HEAD, HEAD~3, mark:x",
  id: "the id of the collaborative session",
  chunk: "the id of the chunk, within its session",
  key: "the key, within its session",
  task: "SESSION/TASK, as a list of tasks shows it",
  agent: "the name of the agent",
  name: "the name of the agent",
  query: 'words, begin*, "a phrase", -without; in quotes',
  "collab artifact save id": "the id of the artifact, for example a path",
  "collab artifact show id": "the id of the artifact",
  "collab artifact versions id": "the id of the artifact",
  "mark add name": "1 to 64 letters, digits and . _ -",
  "mark rm name": "the name of the mark",
  file: "the file to read",
  "import minsky-json file": "the file to read; - is stdin",
  "export minsky-json file": "the file to write; - is stdout",
  "export csv file": "the file to write; - is stdout",
  "export sql file": "the file to write; - is stdout",
  "key create file": "the file to write, which signs; keep it secret",
  "key show file": "either file of the pair",
  folder: "the folder to read",
  "export ai-webhook folder": "the folder to make",
  url: "postgres://…, or env:NAME of a variable that holds it",
  source: "an address, or env:NAME of a variable that holds it",
  backend: "jsonl, sqlite or postgres, whose address the configuration knows; or an address",
  "migrate status id": "as migrate list shows it; default last",
  "migrate resume id": "as migrate list shows it, or last",
  "rollback id": "of a migration, as migrate list shows it; default last",
  "config get key": "as config list shows it: sessiondb.backend",
  "config set key": "as config list shows it: sessiondb.backend",
  "config unset key": "as config list shows it: sessiondb.backend",
  value: "its new value; - reads it from stdin",
  names: "as projection list shows them; default all",
  "schema name": "a schema, or a command; default a list of all",
  "help command": "the command, for example: session list",
};

/** Gives each argument that has no description of its own the one that stands here. */
export function describeArguments(command: Command, path: readonly string[] = []): void {
  for (const argument of command.registeredArguments) {
    const name = argument.name();
    argument.description ||= WORDS[[...path, name].join(" ")] ?? WORDS[name] ?? "";
  }
  for (const below of command.commands) describeArguments(below, [...path, below.name()]);
}
