import { SessionDbError } from "../errors.js";
import { connectionString } from "./decide-store.js";
import type { Config, ConfigValue } from "./layers.js";
import { resolveValue, shownValue } from "./resolve-value.js";
import { SETTINGS, type Setting, type SettingValue } from "./settings.js";
import type { ConfigSource } from "./source.js";

/** One setting as it may be shown: passwords are masked. */
export interface DescribedSetting {
  readonly key: string;
  /** null where nobody says anything, or what is said cannot be used. */
  readonly value: SettingValue | null;
  /** null where nobody says anything. */
  readonly source: ConfigSource | null;
  /** What weaker layers say, as it stands there. */
  readonly overridden: readonly { readonly value: string; readonly source: ConfigSource }[];
  /** Why the value cannot be used. */
  readonly problem?: { readonly code: string; readonly message: string };
}

/** All settings, in their order, those that nobody names too. Values that cannot be used are told, not thrown. */
export function describeConfig(config: Config): DescribedSetting[] {
  return SETTINGS.map((setting) => describeSetting(config, setting));
}

/** One setting. */
export function describeSetting(config: Config, setting: Setting): DescribedSetting {
  const candidates = config.candidates(setting.key);
  const overridden = candidates.slice(1).map(({ raw, source }) => ({ value: shownValue(setting, raw), source }));
  try {
    const found = findSetting(config, setting);
    const value = found === undefined ? null : setting.secret ? shownValue(setting, found.value) : found.value;
    return { key: setting.key, value, source: found?.source ?? null, overridden };
  } catch (error) {
    if (!(error instanceof SessionDbError)) throw error;
    const problem = { code: error.code, message: error.message };
    return { key: setting.key, value: null, source: candidates[0]?.source ?? null, overridden, problem };
  }
}

/**
 * The value that counts; DATABASE_URL only where the backend is postgres.
 *
 * @throws as `Config.find`
 */
export function findSetting(config: Config, setting: Setting): ConfigValue | undefined {
  if (setting.key !== "sessiondb.postgres.connectionString") return config.find(setting.key);
  const [backend] = config.candidates("backend");
  const isPostgres = backend !== undefined && String(resolveValue(backend, config.env)).startsWith("postgres");
  return isPostgres ? connectionString(config) : config.find(setting.key);
}
