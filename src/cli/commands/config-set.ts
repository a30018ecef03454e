import type { Command } from "commander";
import type { ConfigFile } from "../../config/config-file.js";
import { editConfigFile } from "../../config/edit-file.js";
import { holdsPassword } from "../../config/file-mode.js";
import { repositoryFile, userFile } from "../../config/find-files.js";
import { requireSetting } from "../../config/known-keys.js";
import type { Config } from "../../config/layers.js";
import { type Candidate, shownValue } from "../../config/resolve-value.js";
import type { Setting, SettingValue } from "../../config/settings.js";
import { isAsStrong } from "../../config/source.js";
import { addressIn, pathIn } from "../../config/switch-store.js";
import { NotFoundError, SessionDbError, UsageError } from "../../errors.js";
import { type CommandContext, examples, type RunState, readLeaf } from "../command.js";
import { printable } from "../output/escape.js";
import { type LayerOptions, withLayer } from "./config-path.js";

const MAX_STDIN_CHARS = 65_536;

export function configSetCommand(state: RunState): Command {
  const summary = "write a setting into a file; comments and order stay; VALUE - reads it from stdin";
  return examples(withLayer(readLeaf<LayerOptions>(state, "set <key> <value>", summary, set)), [
    "sessiondb config set sessiondb.lockTimeoutMs 20000 --repo",
    "sessiondb config set storage.sqlite.path ./.minsky/sessions.db --repo",
  ]);
}

export function configUnsetCommand(state: RunState): Command {
  const summary = "take a setting out of a file";
  return examples(withLayer(readLeaf<LayerOptions>(state, "unset <key>", summary, unset)), [
    "sessiondb config unset sessiondb.lockTimeoutMs --repo",
  ]);
}

async function set(context: CommandContext<LayerOptions>, key: string, text: string): Promise<undefined> {
  const setting = requireSetting(key);
  const file = fileOf(context.options);
  const raw = rawOf(file, setting, text === "-" ? await fromStdin() : text);
  if (text !== "-" && setting.secret && holdsPassword(text)) {
    context.streams.note("warning: other users of this machine could read the password in this command line; use -");
  }
  const entries = await editConfigFile(file, [{ setting, raw }]);
  const line = entries.find((entry) => entry.setting === setting)?.line ?? 1;
  tell(context, setting, { value: shownValue(setting, raw), file: file.path, line, layer: file.layer });
}

async function unset(context: CommandContext<LayerOptions>, key: string): Promise<undefined> {
  const setting = requireSetting(key);
  const file = fileOf(context.options);
  const there = context
    .config()
    .candidates(setting.key)
    .some(({ source }) => source.file === file.path);
  if (!there) {
    throw new NotFoundError("CONFIG_NOT_SET", `${file.path} does not name ${setting.key}`, {
      hint: "sessiondb config list --sources shows who does",
    });
  }
  await editConfigFile(file, [{ setting, raw: null }]);
  tell(context, setting, { value: null, file: file.path, line: null, layer: file.layer });
}

function fileOf({ repo }: LayerOptions): ConfigFile {
  return repo === true ? repositoryFile(process.cwd(), process.env) : userFile(process.env);
}

/** Numbers and words of truth as such; paths so that they mean in the file what they mean here. */
function rawOf(file: ConfigFile, setting: Setting, text: string): SettingValue {
  if (setting.kind === "path") return pathIn(file, text, process.cwd());
  if (setting.kind === "address") return addressIn(file, text, process.cwd());
  return setting.schema.safeParse(text).data ?? text;
}

interface Written {
  readonly value: string | null;
  readonly file: string;
  readonly line: number | null;
  readonly layer: ConfigFile["layer"];
}

function tell({ config, streams }: CommandContext<LayerOptions>, { key }: Setting, written: Written): void {
  const { value, file, line, layer } = written;
  const strongest = strongestOf(config, key);
  const stronger =
    strongest !== undefined && !isAsStrong({ layer, name: file }, strongest.source) ? strongest.source : null;
  if (streams.json) {
    streams.document({ schema: "config-set/1", key, ...written, overriddenBy: stronger?.name ?? null });
    return;
  }
  streams.lines([printable(value === null ? `${file}: ${key} removed` : `${file}:${line}: ${key} = ${value}`)]);
  if (stronger !== null) streams.note(`note: ${stronger.name} says otherwise, and is stronger`);
}

/** What was written stands, also where another file cannot be read. */
function strongestOf(config: () => Config, key: string): Candidate | undefined {
  try {
    return config().candidates(key)[0];
  } catch (error) {
    if (error instanceof SessionDbError) return undefined;
    throw error;
  }
}

/** One line; a secret that is typed or piped stands in no list of processes. */
async function fromStdin(): Promise<string> {
  let text = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) {
    text += chunk;
    if (text.length > MAX_STDIN_CHARS) break;
  }
  const lines = text.replace(/\r?\n$/, "").split("\n");
  if (lines.length === 1 && lines[0] !== "" && text.length <= MAX_STDIN_CHARS) return lines[0] as string;
  throw new UsageError("ARGUMENT_INVALID", "stdin has to hold one line: the value", {
    hint: "for example: sessiondb config set KEY - < file",
  });
}
