import { UsageError } from "../errors.js";
import { LAST_VARIABLE } from "./environment.js";
import type { Config, ConfigValue } from "./layers.js";
import { resolveValue } from "./resolve-value.js";
import { SETTINGS, type Setting } from "./settings.js";
import { type ConfigSource, isAsStrong } from "./source.js";

const CONNECTION = "sessiondb.postgres.connectionString";

/** Which store it is, and who decided that. */
export type StoreDecision =
  | { readonly kind: "address"; readonly address: ConfigValue; readonly source: ConfigSource }
  | {
      readonly kind: "backend";
      readonly backend: "jsonl" | "sqlite" | "postgres";
      /** Its path or connection string. */
      readonly place: ConfigValue;
      /** Who named the backend. */
      readonly source: ConfigSource;
    };

/**
 * An address (`--store`, SESSIONDB_STORE, `sessiondb.store`) counts before a backend that the same layer or a weaker one
 * names; a backend of a stronger layer counts before an address.
 *
 * @throws UsageError CONNECTION_STRING_MISSING, and as `Config.find`
 */
export function decideStore(config: Config): StoreDecision {
  const [address] = config.candidates("store");
  const [named] = config.candidates("backend");
  if (address !== undefined && (named === undefined || isAsStrong(address.source, named.source))) {
    const { setting, source } = address;
    // What a person typed stays as it is, also in the errors about it.
    const value = source.layer === "flag" ? address.raw : resolveValue(address, config.env);
    return { kind: "address", address: { setting, source, value }, source };
  }
  const { value, source } = config.find("backend") as ConfigValue;
  if (value === "postgres" || value === "postgresql") {
    return { kind: "backend", backend: "postgres", place: connectionOf(config, source), source };
  }
  const backend = value === "sqlite" ? "sqlite" : "jsonl";
  return { kind: "backend", backend, place: config.find(`${backend}.path`) as ConfigValue, source };
}

/** The layers' connection string, else DATABASE_URL. */
export function connectionString(config: Config): ConfigValue | undefined {
  const found = config.find(CONNECTION);
  const raw = config.env[LAST_VARIABLE];
  if (found !== undefined || raw === undefined || raw === "") return found;
  const setting = SETTINGS.find(({ key }) => key === CONNECTION) as Setting;
  const candidate = { setting, raw, base: config.cwd, source: { layer: "environment", name: LAST_VARIABLE } as const };
  return { setting, source: candidate.source, value: resolveValue(candidate, config.env) };
}

function connectionOf(config: Config, source: ConfigSource): ConfigValue {
  const found = connectionString(config);
  if (found !== undefined) return found;
  throw new UsageError(
    "CONNECTION_STRING_MISSING",
    `the backend is postgres (${source.name}), but no address is named`,
    {
      hint: `set MINSKY_POSTGRES_URL, or type: sessiondb config set --user ${CONNECTION} -`,
    },
  );
}
