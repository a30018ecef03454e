import { UsageError } from "../errors.js";
import { maskUrl } from "../log/mask-url.js";
import { addressParts } from "./address.js";
import { type Env, expandPath } from "./paths.js";
import { assertInside } from "./repository-trust.js";
import type { Setting, SettingValue } from "./settings.js";
import type { ConfigSource } from "./source.js";

/** One layer's word on a setting. */
export interface Candidate {
  readonly setting: Setting;
  readonly raw: SettingValue;
  readonly source: ConfigSource;
  /** Where its relative paths start. */
  readonly base: string;
}

/** One that is not closed too, so that it is no literal by mistake. */
const REFERENCE = /\$\{([^}]*)(?:\}|$)/g;

/**
 * The value that a candidate stands for: `${NAME}` (in files) and `~` expanded, once; its form checked; paths absolute, and
 * those of a repository's file inside the repository.
 *
 * @throws UsageError CONFIG_VARIABLE_UNDEFINED, CONFIG_VALUE_INVALID, BACKEND_UNKNOWN; RefusedError CONFIG_PATH_OUTSIDE
 */
export function resolveValue(candidate: Candidate, env: Env): SettingValue {
  const { setting, raw, source } = candidate;
  const expanded = source.file === undefined || typeof raw !== "string" ? raw : expandReferences(candidate, raw, env);
  const { data, error } = setting.schema.safeParse(expanded);
  if (error !== undefined) throw invalidValue(candidate);
  if (setting.kind === "plain") return data;
  return setting.kind === "path" ? placed(candidate, String(data), env) : placedAddress(candidate, String(data), env);
}

/** What may be shown of a value: addresses without their passwords, and nothing of a text that is none. */
export function shownValue({ secret }: Setting, value: SettingValue): string {
  const text = String(value);
  if (!secret) return text;
  const masked = maskUrl(text);
  return addressParts(text).scheme === "" && !/^\$\{\w+\}$/.test(text) ? "***" : masked;
}

function expandReferences(candidate: Candidate, raw: string, env: Env): string {
  return raw.replace(REFERENCE, (_, name: string) => {
    if (!/^[A-Za-z_]\w*$/.test(name)) throw invalidValue(candidate, "holds a reference that names no variable");
    const value = env[name];
    if (value !== undefined && value !== "") return value;
    throw new UsageError(
      "CONFIG_VARIABLE_UNDEFINED",
      `${placeOf(candidate)}: the variable ${name} is not set, or empty`,
      {
        hint: `set ${name}, or write the value itself`,
      },
    );
  });
}

function placed(candidate: Candidate, path: string, env: Env): string {
  const absolute = expandPath(path, candidate.base, env);
  if (candidate.source.layer === "repository") assertInside(candidate.base, absolute, placeOf(candidate));
  return absolute;
}

/** Only addresses of files hold a path. */
function placedAddress(candidate: Candidate, address: string, env: Env): string {
  const { scheme, rest, query } = addressParts(address);
  const isFile = (scheme === "jsonl" || scheme === "sqlite") && rest !== "";
  return isFile ? `${scheme}:${placed(candidate, rest, env)}${query}` : address;
}

/** Quotes what stands in the file, never what a variable holds, and nothing that may be a secret. */
function invalidValue(candidate: Candidate, why?: string): UsageError {
  const { setting, raw } = candidate;
  const quoted = setting.secret ? "" : ` ${JSON.stringify(raw)}`;
  const code = setting.key === "sessiondb.backend" ? "BACKEND_UNKNOWN" : "CONFIG_VALUE_INVALID";
  return new UsageError(code, `${placeOf(candidate)}:${quoted} ${why ?? "is no right value"}`, {
    hint: `write ${setting.expected}`,
  });
}

function placeOf({ setting, source }: Candidate): string {
  return `${source.name}: ${setting.key}`;
}
