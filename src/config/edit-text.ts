import type { Document, Node } from "yaml";
import { UsageError } from "../errors.js";
import { type FileEntry, fileEntries } from "./file-entries.js";
import { inSnakeCase, SECTIONS, snakeCase } from "./known-keys.js";
import { SECTION, type Setting, type SettingValue } from "./settings.js";
import { parseYaml, yaml } from "./yaml-text.js";

/** A new value of a setting in one file; null takes it out of the file. */
export interface ConfigEdit {
  readonly setting: Setting;
  readonly raw: SettingValue | null;
}

/**
 * The text with the edits made, in the dialect in which it is written; comments and the order of keys stay.
 *
 * @throws UsageError CONFIG_EDIT_IMPOSSIBLE where the edit would change anything else (an anchor that others refer to), and
 *   as `fileEntries`
 */
export function editedText(file: string, text: string, edits: readonly ConfigEdit[]): string {
  const before = fileEntries(file, text);
  const { document } = parseYaml(file, text);
  const result = written(file, () => {
    for (const edit of edits) applyEdit(document, before, edit);
    return isEmpty(document) ? commentsOf(document) : document.toString({ lineWidth: 0 });
  });
  if (!saysWhatWasMeant(before, fileEntries(file, result), edits)) throw impossible(file);
  return result;
}

/** The library's own errors here are about places that hold something else, and anchors that are gone. */
function written(file: string, write: () => string): string {
  try {
    return write();
  } catch (cause) {
    throw impossible(file, cause);
  }
}

function applyEdit(document: Document.Parsed, entries: readonly FileEntry[], { setting, raw }: ConfigEdit): void {
  const places = entries.filter((entry) => entry.setting === setting).map(({ path }) => path);
  if (raw === null) {
    for (const path of places) remove(document, path);
    return;
  }
  for (const path of places.length > 0 ? places : [newPlace(document, setting)]) put(document, path, raw);
}

/** In the section that is there, else in the canonical one. */
function newPlace(document: Document.Parsed, { key }: Setting): string[] {
  const section = SECTIONS.find((name) => document.has(name)) ?? SECTION;
  const names = key.split(".").slice(1);
  return [section, ...(inSnakeCase(section) ? names.map(snakeCase) : names)];
}

function put(document: Document.Parsed, path: readonly string[], raw: SettingValue): void {
  const { isScalar } = yaml();
  const node = document.getIn(path, true);
  if (isScalar(node)) {
    // Its comment stays with it, its quotes where they still fit.
    if (typeof node.value !== typeof raw) delete node.type;
    delete node.format;
    delete node.source;
    node.value = raw;
    return;
  }
  for (let depth = 1; depth < path.length; depth++) fillEmpty(document, path.slice(0, depth));
  document.setIn(path, raw);
}

/** `sessiondb:` with nothing behind it holds no keys yet. */
function fillEmpty(document: Document.Parsed, path: readonly string[]): void {
  const node = document.getIn(path, true) as Node | undefined;
  if (yaml().isScalar(node) && node.value === null) document.setIn(path, document.createNode({}));
}

/** With the sections that nothing is left in. */
function remove(document: Document.Parsed, path: readonly string[]): void {
  document.deleteIn(path);
  for (let depth = path.length - 1; depth > 0; depth--) {
    const parent = document.getIn(path.slice(0, depth), true);
    if (!yaml().isMap(parent) || parent.items.length > 0) continue;
    if (depth === 1) keepHeading(document, path[0] as string);
    document.deleteIn(path.slice(0, depth));
  }
}

/** A comment at the top is about the file; the parser takes it for one about the first key. */
function keepHeading(document: Document.Parsed, section: string): void {
  const { isMap, isScalar } = yaml();
  const key = isMap(document.contents) ? document.contents.items[0]?.key : undefined;
  if (!isScalar(key) || key.value !== section || !key.commentBefore) return;
  document.commentBefore = [document.commentBefore, key.commentBefore].filter((text) => text).join("\n");
}

function isEmpty({ contents }: Document.Parsed): boolean {
  return contents === null || (yaml().isMap(contents) && contents.items.length === 0);
}

/** Not `{}`, to which nobody would add a line. */
function commentsOf({ commentBefore, comment, contents }: Document.Parsed): string {
  const comments = [commentBefore, contents?.commentBefore, contents?.comment, comment];
  const lines = comments.flatMap((text) => text?.split("\n") ?? []);
  return lines.map((line) => `#${line}\n`).join("");
}

function saysWhatWasMeant(
  before: readonly FileEntry[],
  after: readonly FileEntry[],
  edits: readonly ConfigEdit[],
): boolean {
  const expected = new Map<Setting, SettingValue>(before.map(({ setting, raw }) => [setting, raw]));
  for (const { setting, raw } of edits) {
    if (raw === null) expected.delete(setting);
    else expected.set(setting, raw);
  }
  const found = new Map<Setting, SettingValue>(after.map(({ setting, raw }) => [setting, raw]));
  return found.size === expected.size && [...expected].every(([setting, raw]) => found.get(setting) === raw);
}

function impossible(file: string, cause?: unknown): UsageError {
  return new UsageError("CONFIG_EDIT_IMPOSSIBLE", `${file} cannot be changed there without changing more`, {
    hint: "change it by hand: an anchor, or a value where keys would have to stand, is in the way",
    cause,
  });
}
