import { UsageError } from "../errors.js";
import { nearest } from "./nearest.js";
import { SECTION, SETTINGS, type Setting } from "./settings.js";

/** The sections of all eras; each takes every setting, in camelCase or snake_case. */
export const SECTIONS = [SECTION, "persistence", "storage"] as const;

export const LIST_HINT = "sessiondb config list --all shows the known ones";

/** Sections of Minsky's that are not ours: they are left alone. */
const FOREIGN = new Set(
  [
    ["version", "backend", "backends", "backendConfig", "detectionRules", "repository", "project", "workspace"],
    ["github", "gitlab", "bitbucket", "ai", "embeddings", "vectorStorage", "logger", "validation", "tasks", "rules"],
    ["mcp", "knowledgeBases", "knowledgeReconciliation", "memory", "observability", "oauth", "workflow", "workflows"],
    ["credentials.github", "credentials.gitlab", "credentials.bitbucket", "credentials.ai"],
    // Settings of older drivers, which have nothing to be set here.
    SECTIONS.flatMap((section) => [`${section}.postgres.idleTimeout`, `${section}.postgres.prepareStatements`]),
  ].flat(),
);

const BY_PATH = new Map<string, Setting>(
  SETTINGS.flatMap((setting) => {
    const names = [setting.key.slice(SECTION.length + 1), ...setting.aliases];
    const places = SECTIONS.flatMap((section) => names.map((name) => `${section}.${name}`));
    return places.map((place): [string, Setting] => [camelPath(place), setting]);
  }),
);
const CONNECTION = "postgres.connectionString";
BY_PATH.set(`credentials.${CONNECTION}`, BY_PATH.get(`${SECTION}.${CONNECTION}`) as Setting);

const PARENTS = new Set(
  [...BY_PATH.keys(), ...FOREIGN].flatMap((path) => {
    const parts = path.split(".");
    return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join("."));
  }),
);

/** What stands at a place of a file: a setting, something that holds settings, both (`postgres.ssl`), or what is not ours. */
export interface KnownKey {
  readonly setting: Setting | undefined;
  readonly parent: boolean;
  readonly foreign: boolean;
}

/** @returns undefined where no key of this name is known */
export function knownKey(path: readonly string[]): KnownKey | undefined {
  const name = camelPath(path.join("."));
  const [setting, parent, foreign] = [BY_PATH.get(name), PARENTS.has(name), FOREIGN.has(name)];
  return setting === undefined && !parent && !foreign ? undefined : { setting, parent, foreign };
}

/** The setting of a key as people write it, in any dialect, with or without its section: `sqlite.path`. */
export function settingOf(key: string): Setting | undefined {
  const name = camelPath(key);
  return BY_PATH.get(name) ?? BY_PATH.get(`${SECTION}.${name}`);
}

/** @throws UsageError CONFIG_KEY_UNKNOWN */
export function requireSetting(key: string): Setting {
  const setting = settingOf(key);
  if (setting !== undefined) return setting;
  const canonical = SECTIONS.some((section) => key.startsWith(`${section}.`)) ? key : `${SECTION}.${key}`;
  const meant = suggestionFor(canonical.split("."));
  throw new UsageError("CONFIG_KEY_UNKNOWN", `unknown key ${JSON.stringify(key)}`, {
    hint: meant === undefined ? LIST_HINT : `did you mean ${meant}?`,
  });
}

/** The known key that looks most like this one, in the style that it was written in. */
export function suggestionFor(path: readonly string[]): string | undefined {
  const parent = camelPath(path.slice(0, -1).join("."));
  const siblings = [...BY_PATH.keys(), ...PARENTS, ...FOREIGN].filter(
    (known) => known.slice(0, Math.max(0, known.lastIndexOf("."))) === parent,
  );
  const found = nearest(camelPath(path.join(".")), siblings) ?? nearest(camelPath(path.join(".")), [...BY_PATH.keys()]);
  return found === undefined ? undefined : styled(found, path);
}

/** `storage` was written in snake_case, as was what stands below `credentials`. */
export function inSnakeCase(section: string | undefined): boolean {
  return section === "storage" || section === "credentials";
}

export function snakeCase(name: string): string {
  return name.replace(/[A-Z]+/g, (capitals) => `_${capitals.toLowerCase()}`);
}

function styled(known: string, [section]: readonly string[]): string {
  return inSnakeCase(section) && known.startsWith(`${section}.`) ? snakeCase(known) : known;
}

/** `storage.sqlite.db_path` as `storage.sqlite.dbPath`; WAL and Wal are the same. */
function camelPath(path: string): string {
  return path.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()).replace(/WAL$/, "Wal");
}
