import { dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { RefusedError, RuleError, UsageError } from "../errors.js";
import { addressParts, isServerAddress } from "./address.js";
import { type ConfigFile, checkedEntries, fileText, readConfigFile } from "./config-file.js";
import { decideStore } from "./decide-store.js";
import { editConfigFile } from "./edit-file.js";
import { type ConfigEdit, editedText } from "./edit-text.js";
import { userFile } from "./find-files.js";
import { settingOf } from "./known-keys.js";
import type { Config } from "./layers.js";
import { type Env, expandPath } from "./paths.js";
import type { Setting, SettingValue } from "./settings.js";

/** A store that was written into a file, and how to take it back. Values may hold passwords: keep it to its owner. */
export interface StoreSwitch {
  /** Absolute. */
  readonly file: string;
  /** Canonical keys and what the file said of them before; null where it said nothing. */
  readonly before: Readonly<Record<string, SettingValue | null>>;
  /** And what it was made to say. */
  readonly after: Readonly<Record<string, SettingValue | null>>;
}

/**
 * The file in which the store has to be changed for a switch to count: the one that decides now, the user's where it is the
 * default.
 *
 * @throws UsageError STORE_DECIDED_ELSEWHERE where a flag or a variable decides; as `decideStore`
 */
export function storeFile(config: Config): string {
  const { source } = decideStore(config);
  if (source.file !== undefined) return source.file;
  if (source.layer === "default") return userFile(config.env).path;
  throw new UsageError("STORE_DECIDED_ELSEWHERE", `the store is decided by ${source.name}, not by a file`, {
    hint: `change or remove ${source.name}, then do it again`,
  });
}

/**
 * Makes a configuration file name another store, in its own dialect, with comments and order kept. Settings of other
 * backends stay. Relative paths of `url` start at the current folder.
 *
 * @param file the user's or a repository's `config.yaml`, as `storeFile` gives it
 * @throws as `editConfigFile`: a repository's file takes no address of a server, only `${NAME}`
 */
export async function switchStore(file: string, url: string, env: Env = process.env): Promise<StoreSwitch> {
  const target = configFileAt(file, env);
  const isAddress = rawIn(target, known("store")) !== null;
  const change = storeSwitch(target, isAddress ? [storeEdit(target, url)] : backendEdits(target, url));
  await makeSwitch(change, env);
  return change;
}

/**
 * The least change of the file that decides with which it names the store at `url`. Nothing is written.
 *
 * @param isMeant whether a configuration names that store, all layers taken together
 * @returns undefined where no change of that file does: another layer, or a limit of the file, is in the way
 * @throws as `storeFile`; RefusedError where the file may not say it
 */
export function leastSwitch(
  config: Config,
  url: string,
  isMeant: (config: Config) => boolean,
): StoreSwitch | undefined {
  const file = configFileAt(storeFile(config), config.env);
  const text = fileText(file.path)?.text ?? "";
  let refused: unknown;
  for (const edits of waysToName(file, url)) {
    try {
      const entries = checkedEntries(file, editedText(file.path, text, edits));
      if (isMeant(config.withFile({ ...file, entries, mode: 0 }))) return storeSwitch(file, edits);
    } catch (error) {
      if (!(error instanceof RefusedError || error instanceof UsageError)) throw error;
      refused = error;
    }
  }
  if (refused instanceof RefusedError) throw refused;
  return undefined;
}

/** Makes a change that was found by `leastSwitch`. @throws RuleError CONFIG_CHANGED; as `editConfigFile` */
export async function makeSwitch({ file, before, after }: StoreSwitch, env: Env = process.env): Promise<void> {
  await editConfigFile(configFileAt(file, env), editsOf(after), env, editsOf(before));
}

/**
 * Takes a switch back: the file says what it said before, or says so already.
 *
 * @throws RuleError CONFIG_CHANGED where somebody has changed these settings since; as `editConfigFile`
 */
export async function switchBack({ file, before, after }: StoreSwitch, env: Env = process.env): Promise<void> {
  const [at, back] = [configFileAt(file, env), editsOf(before)];
  try {
    await editConfigFile(at, back, env, editsOf(after));
  } catch (error) {
    if (!(error instanceof RuleError) || error.code !== "CONFIG_CHANGED") throw error;
    await editConfigFile(at, back, env, back);
  }
}

/** A path as it is to stand in this file: the user's are absolute, a repository's start at its root. */
export function pathIn({ layer, base }: ConfigFile, path: string, cwd: string): string {
  if (path.includes("${") || path === "~" || path.startsWith("~/")) return path;
  const absolute = resolve(cwd, path);
  const inside = relative(base, absolute);
  const isInside = inside !== "" && !isAbsolute(inside) && inside.split(sep)[0] !== "..";
  return layer === "repository" && isInside ? inside : absolute;
}

/** The same for an address. */
export function addressIn(file: ConfigFile, url: string, cwd: string): string {
  const { scheme, rest, query } = addressParts(url);
  const isFile = (scheme === "jsonl" || scheme === "sqlite") && rest !== "";
  return isFile ? `${scheme}:${pathIn(file, rest, cwd)}${query}` : url;
}

function configFileAt(path: string, env: Env): ConfigFile {
  const user = userFile(env);
  if (path === user.path) return user;
  return { path, base: dirname(dirname(path)), layer: "repository" };
}

/** The backend alone, where its place is known already; both; or the address whole, which leaves schema and ssl aside. */
function waysToName(file: ConfigFile, url: string): ConfigEdit[][] {
  const address = [storeEdit(file, url)];
  if (rawIn(file, known("store")) !== null) return [address];
  const edits = backendEdits(file, url);
  return edits.length > 1 ? [edits.slice(0, 1), edits, address] : [address];
}

function storeSwitch(file: ConfigFile, edits: readonly ConfigEdit[]): StoreSwitch {
  const before = edits.map(({ setting }): ConfigEdit => ({ setting, raw: rawIn(file, setting) }));
  return { file: file.path, before: recordOf(before), after: recordOf(edits) };
}

function rawIn(file: ConfigFile, setting: Setting): SettingValue | null {
  return readConfigFile(file)?.entries.find((entry) => entry.setting === setting)?.raw ?? null;
}

function backendEdits(file: ConfigFile, url: string): ConfigEdit[] {
  const { scheme, rest, query } = addressParts(url);
  const place = pathIn(file, expandPath(rest), process.cwd());
  if (isServerAddress(url) || /^\$\{\w+\}$/.test(url)) return edits("postgres", "postgres.connectionString", url);
  if (scheme === "sqlite" && rest !== "") return edits("sqlite", "sqlite.path", place);
  // A path ending in .json names a legacy file to the keys of the backend, and the log itself to an address.
  if (scheme === "jsonl" && rest !== "" && query === "" && !/\.json$/i.test(rest))
    return edits("jsonl", "jsonl.path", place);
  return [storeEdit(file, url)];
}

function edits(backend: string, key: string, value: string): ConfigEdit[] {
  return [
    { setting: known("backend"), raw: backend },
    { setting: known(key), raw: value },
  ];
}

function storeEdit(file: ConfigFile, url: string): ConfigEdit {
  return { setting: known("store"), raw: addressIn(file, url, process.cwd()) };
}

function recordOf(all: readonly ConfigEdit[]): Record<string, SettingValue | null> {
  return Object.fromEntries(all.map(({ setting, raw }) => [setting.key, raw]));
}

function editsOf(record: StoreSwitch["before"]): ConfigEdit[] {
  return Object.entries(record).map(([key, raw]) => ({ setting: known(key), raw }));
}

function known(key: string): Setting {
  return settingOf(key) as Setting;
}
