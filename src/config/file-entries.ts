import type { Node, Pair } from "yaml";
import { UsageError } from "../errors.js";
import { type KnownKey, knownKey, LIST_HINT, suggestionFor } from "./known-keys.js";
import type { Setting, SettingValue } from "./settings.js";
import { parseYaml, syntaxError, type YamlText, yaml } from "./yaml-text.js";

/** A setting as it stands in a file: not expanded, and not yet looked at. */
export interface FileEntry {
  readonly setting: Setting;
  readonly raw: SettingValue;
  /** As it is spelled there: `["storage", "sqlite", "path"]`. */
  readonly path: readonly string[];
  readonly line: number;
}

/**
 * What a file says of our settings, in any dialect, in the order of its lines. Sections that are not ours are passed over;
 * a key without a value says nothing.
 *
 * @throws UsageError CONFIG_SYNTAX, CONFIG_TOO_LARGE, CONFIG_KEY_UNKNOWN, CONFIG_VALUE_INVALID, CONFIG_CONFLICT
 */
export function fileEntries(file: string, text: string): FileEntry[] {
  const parsed = parseYaml(file, text);
  const { contents } = parsed.document;
  if (contents === null) return [];
  const entries = new EntryReader(file, parsed).read(contents, []);
  refuseConflicts(file, entries);
  return entries;
}

class EntryReader {
  readonly #file: string;
  readonly #yaml: YamlText;

  constructor(file: string, yamlText: YamlText) {
    this.#file = file;
    this.#yaml = yamlText;
  }

  /** Never deeper than the known keys are. */
  read(node: Node | null, parent: readonly string[]): FileEntry[] {
    const { isMap } = yaml();
    const map = this.#resolved(node);
    if (map === null) return [];
    if (isMap(map)) return map.items.flatMap((pair) => this.#readPair(pair as Pair<Node, Node | null>, parent));
    const what = parent.length === 0 ? "the file" : JSON.stringify(parent.join("."));
    throw syntaxError(this.#file, this.#lineOf(map), `${what} has to hold keys and values`);
  }

  #readPair({ key, value }: Pair<Node, Node | null>, parent: readonly string[]): FileEntry[] {
    const path = [...parent, String((key as { value?: unknown }).value)];
    const known = knownKey(path);
    if (known === undefined) throw this.#unknown(path, this.#lineOf(key));
    if (known.foreign) return [];
    const node = this.#resolved(value);
    if (node === null || (yaml().isScalar(node) && node.value === null)) return [];
    return this.#isSetting(known, node) ? [this.#entry(known.setting, path, node, key)] : this.read(node, path);
  }

  #isSetting(known: KnownKey, node: Node): known is KnownKey & { setting: Setting } {
    return known.setting !== undefined && !(known.parent && yaml().isMap(node));
  }

  #entry(setting: Setting, path: readonly string[], node: Node, key: Node): FileEntry {
    const line = this.#lineOf(key);
    const raw = yaml().isScalar(node) ? node.value : undefined;
    if (typeof raw === "string" || typeof raw === "number" || typeof raw === "boolean") {
      return { setting, path, line, raw: inMilliseconds(path, raw) };
    }
    throw new UsageError("CONFIG_VALUE_INVALID", `${this.#file}:${line}: ${path.join(".")} takes one value`, {
      hint: `write ${setting.expected}`,
    });
  }

  #resolved(node: Node | null): Node | null {
    return yaml().isAlias(node) ? (node.resolve(this.#yaml.document) ?? null) : node;
  }

  #lineOf(node: Node): number {
    return this.#yaml.lines.linePos(node.range?.[0] ?? 0).line;
  }

  #unknown(path: readonly string[], line: number): UsageError {
    const meant = suggestionFor(path);
    return new UsageError(
      "CONFIG_KEY_UNKNOWN",
      `${this.#file}:${line}: unknown key ${JSON.stringify(path.join("."))}`,
      {
        hint: meant === undefined ? LIST_HINT : `did you mean ${meant}?`,
      },
    );
  }
}

/** The last versions of `persistence.postgres.connectTimeout` counted seconds, and refused 1,000 and more. */
function inMilliseconds([section, , name]: readonly string[], raw: SettingValue): SettingValue {
  const seconds = section === "persistence" && name === "connectTimeout" && typeof raw === "number" && raw < 1000;
  return seconds ? raw * 1000 : raw;
}

/** Two dialects in one file may repeat each other. Where they differ, nobody can say which of them was meant. */
function refuseConflicts(file: string, entries: readonly FileEntry[]): void {
  const first = new Map<Setting, FileEntry>();
  for (const entry of entries) {
    const before = first.get(entry.setting) ?? entry;
    first.set(entry.setting, before);
    if (Object.is(before.raw, entry.raw)) continue; // `.nan` is a number in YAML
    const names = `${before.path.join(".")} (line ${before.line}) and ${entry.path.join(".")} (line ${entry.line})`;
    throw new UsageError("CONFIG_CONFLICT", `${file}: ${names} are the same setting and differ`, {
      hint: "remove one of them",
    });
  }
}
