import type { Command } from "commander";
import { createSigningKey, readPublicKey } from "../../inspect/signing-key.js";
import { type CommandContext, examples, noun, type ReadOptions, type RunState, readLeaf } from "../command.js";
import { printable } from "../output/escape.js";
import { fileOnly } from "../written-file.js";

export function keyCommand(state: RunState): Command {
  return noun("key", "the keys that sign the log", [createCommand(state), showCommand(state)]);
}

function createCommand(state: RunState): Command {
  const summary = "make an Ed25519 pair: FILE signs, FILE.pub checks";
  return examples(readLeaf<ReadOptions>(state, "create <file>", summary, create), ["sessiondb key create help.key"]);
}

function showCommand(state: RunState): Command {
  const summary = "the fingerprint of a key, as signatures name it";
  return examples(readLeaf<ReadOptions>(state, "show <file>", summary, show), ["sessiondb key show help.key.pub"]);
}

async function create({ streams }: CommandContext<ReadOptions>, file: string): Promise<undefined> {
  const { privateFile, publicFile, fingerprint } = await createSigningKey(fileOnly("a key")(file));
  if (streams.json) streams.document({ schema: "key/1", key: fingerprint, privateFile, publicFile });
  else streams.lines([fingerprint]);
  streams.note(`${privateFile} signs: keep it where only the signer can read it`);
  streams.note(`${publicFile} checks: give it to whoever is to check, with the fingerprint over another way`);
}

async function show({ streams }: CommandContext<ReadOptions>, file: string): Promise<undefined> {
  const { fingerprint } = await readPublicKey(file);
  if (streams.json) streams.document({ schema: "key/1", key: fingerprint, file });
  else streams.lines([printable(fingerprint)]);
}
