import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import { type ReadConfigFile, readConfigFile } from "./config-file.js";
import { environmentCandidates } from "./environment.js";
import { modeWarning } from "./file-mode.js";
import { findRepositoryFile, userFile } from "./find-files.js";
import { defaultSqlitePath, defaultStoreUrl, type Env, outboxRoot, stateDir } from "./paths.js";
import { type Candidate, resolveValue } from "./resolve-value.js";
import { SECTION, SETTINGS, type Setting, type SettingValue } from "./settings.js";
import { type ConfigSource, LAYERS } from "./source.js";

/** Where configuration is looked for. */
export interface ConfigContext {
  /** From here upwards a repository's file is searched; relative paths of flags and variables start here. Default: the current folder. */
  readonly cwd?: string;
  /** Default: the environment of this process. */
  readonly env?: Env;
  /** What the command line said. */
  readonly flags?: { readonly store?: string | undefined; readonly actor?: string | undefined };
}

/** A value that counts, and who said it. */
export interface ConfigValue {
  readonly setting: Setting;
  /** Expanded and checked. May hold a password: `shownValue` is what may be printed. */
  readonly value: SettingValue;
  readonly source: ConfigSource;
}

/** All layers as they were when they were read; nothing is expanded or checked before it is asked for. */
export class Config {
  /** The files that were read. */
  readonly files: readonly ReadConfigFile[];
  /** For people: modes of files, files that were passed over. */
  readonly warnings: readonly string[];
  readonly cwd: string;
  readonly env: Env;
  readonly #candidates: readonly Candidate[];

  constructor(
    candidates: readonly Candidate[],
    files: readonly ReadConfigFile[],
    warnings: string[],
    cwd: string,
    env: Env,
  ) {
    this.#candidates = candidates;
    this.files = files;
    this.warnings = warnings;
    this.cwd = cwd;
    this.env = env;
  }

  /** Every layer's word on a setting, the one that counts first. */
  candidates(name: string): readonly Candidate[] {
    const key = name.startsWith(`${SECTION}.`) ? name : `${SECTION}.${name}`;
    return this.#candidates.filter(({ setting }) => setting.key === key);
  }

  /**
   * The value that counts, of a canonical key with or without its section. @returns undefined where nobody says anything
   *
   * @throws UsageError CONFIG_VARIABLE_UNDEFINED, CONFIG_VALUE_INVALID, BACKEND_UNKNOWN; RefusedError CONFIG_PATH_OUTSIDE
   */
  find(name: string): ConfigValue | undefined {
    const candidate = this.candidates(name)[0];
    if (candidate === undefined) return undefined;
    const { setting, source } = candidate;
    return { setting, source, value: resolveValue(candidate, this.env) };
  }

  /** What this would be if that file said something else; the file need not be there yet. */
  withFile(file: ReadConfigFile): Config {
    const others = this.#candidates.filter(({ source }) => source.file !== file.path);
    const candidates = [...others, ...fileCandidates(file)].sort((a, b) => strength(a) - strength(b));
    const files = [...this.files.filter(({ path }) => path !== file.path), file];
    return new Config(candidates, files, [...this.warnings], this.cwd, this.env);
  }
}

/** The strongest layer has the least. */
function strength({ source }: Candidate): number {
  return LAYERS.indexOf(source.layer);
}

/**
 * Reads the layers: flags > environment > repository's `.minsky/config.yaml` > user's `config.yaml` > defaults. Of one
 * setting the highest word counts; DATABASE_URL is the last word on a connection string (see `decideStore`).
 *
 * @throws UsageError CONFIG_UNREADABLE, CONFIG_SYNTAX, CONFIG_TOO_LARGE, CONFIG_KEY_UNKNOWN, CONFIG_VALUE_INVALID,
 *   CONFIG_CONFLICT; RefusedError CONFIG_SECRET_IN_REPOSITORY, CONFIG_NOT_FOR_REPOSITORY. A file that cannot be read is never
 *   passed over, because it may name another store.
 */
export function loadConfig(context: ConfigContext = {}): Config {
  const { env = process.env, flags = {} } = context;
  const folder = context.cwd === undefined ? currentFolder() : resolve(context.cwd);
  // A folder that was removed under a running shell has no name; the top has no file of a repository in it.
  const cwd = folder ?? "/";
  // A path that was meant to begin in it must not begin at the top.
  const base = folder ?? "";
  const warnings: string[] = [];
  const files = readFiles(cwd, env, warnings);
  warnings.push(...files.flatMap(modeWarning));
  const candidates = [
    ...flagCandidates(flags, base),
    ...environmentCandidates(env, base),
    ...files.flatMap(fileCandidates),
    ...defaultCandidates(env, cwd),
  ];
  return new Config(candidates, files, warnings, cwd, env);
}

function readFiles(cwd: string, env: Env, warnings: string[]): ReadConfigFile[] {
  const user = userFile(env);
  const repository = findRepositoryFile(cwd, env, (path) =>
    warnings.push(`warning: ${path} belongs to another user and is not read`),
  );
  // Somebody's home may be a repository, and `~/.minsky` a link to their own folder: one file is one layer, the careful one.
  const found = [repository, user.path === repository?.path ? undefined : user];
  return found.flatMap((file) => (file === undefined ? [] : (readConfigFile(file) ?? [])));
}

function fileCandidates({ path: file, base, layer, entries }: ReadConfigFile): Candidate[] {
  return entries.map(({ setting, raw, line }) => ({
    setting,
    raw,
    base,
    source: { layer, name: `${file}:${line}`, file, line },
  }));
}

function flagCandidates(flags: NonNullable<ConfigContext["flags"]>, base: string): Candidate[] {
  return (["store", "actor"] as const).flatMap((name) => {
    const raw = flags[name];
    return raw === undefined ? [] : [candidateOf(name, raw, base, { layer: "flag", name: `--${name}` })];
  });
}

function defaultCandidates(env: Env, base: string): Candidate[] {
  const defaults: Readonly<Record<string, string>> = {
    backend: "jsonl",
    "jsonl.path": defaultStoreUrl(env).slice("jsonl:".length),
    "sqlite.path": defaultSqlitePath(env),
    baseDir: stateDir(env),
    fallback: "none",
    "outbox.path": outboxRoot(env),
  };
  const source = { layer: "default", name: "default" } as const;
  return Object.entries(defaults).map(([name, raw]) => candidateOf(name, raw, base, source));
}

function candidateOf(name: string, raw: string, base: string, source: ConfigSource): Candidate {
  return { setting: SETTINGS.find(({ key }) => key === `${SECTION}.${name}`) as Setting, raw, base, source };
}

/** @returns undefined where it was removed under a running shell */
function currentFolder(): string | undefined {
  try {
    return realpathSync(process.cwd());
  } catch {
    return undefined;
  }
}
