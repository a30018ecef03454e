import type { Command } from "commander";
import { findSetting } from "../../config/describe-config.js";
import { requireSetting } from "../../config/known-keys.js";
import { shownValue } from "../../config/resolve-value.js";
import { NotFoundError } from "../../errors.js";
import { type CommandContext, examples, type ReadOptions, type RunState, readLeaf } from "../command.js";
import { printable } from "../output/escape.js";

export function configGetCommand(state: RunState): Command {
  const command = readLeaf<ReadOptions>(state, "get <key>", "the value of one setting, passwords masked", get);
  return examples(command, ["sessiondb config get sessiondb.backend", "sessiondb config get storage.base_dir --json"]);
}

async function get({ config, streams }: CommandContext<ReadOptions>, key: string): Promise<undefined> {
  const setting = requireSetting(key);
  const found = findSetting(config(), setting);
  if (found === undefined) {
    throw new NotFoundError("CONFIG_NOT_SET", `nobody names ${setting.key}`, {
      hint: `type: sessiondb config set ${setting.key} VALUE`,
    });
  }
  const { source } = found;
  const value = setting.secret ? shownValue(setting, found.value) : found.value;
  if (streams.json) streams.document({ schema: "config-get/1", key: setting.key, value, source });
  else streams.lines([printable(String(value))]);
  streams.note(`${setting.key}: ${source.name}`);
}
