import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { RuleError, SessionDbError, StorageError } from "../errors.js";
import { fileErrorText } from "../files/file-error-text.js";
import { FileLock } from "../files/file-lock.js";
import { makeFolder } from "../files/make-folder.js";
import { NewFile } from "../files/new-file.js";
import { type ConfigFile, checkedEntries, fileText } from "./config-file.js";
import { type ConfigEdit, editedText } from "./edit-text.js";
import type { FileEntry } from "./file-entries.js";
import { type Env, stateDir } from "./paths.js";
import { assertInside } from "./repository-trust.js";
import { resolveValue } from "./resolve-value.js";

const LOCK_LIMIT_MS = 10_000;
const USER_MODE = 0o600;
const REPOSITORY_MODE = 0o644;

/**
 * Changes settings in one file, all or none, with nothing else in it changed. The new file is read and checked as on any
 * start before it takes the place of the old one. Of several processes that do so at once, each finds what the others wrote.
 *
 * @param expected what the settings have to be in the file now, null for not there, where the caller relies on it
 * @returns what the file says now of all settings
 * @throws UsageError CONFIG_VALUE_INVALID, BACKEND_UNKNOWN, CONFIG_EDIT_IMPOSSIBLE, and as `loadConfig`
 * @throws RefusedError CONFIG_SECRET_IN_REPOSITORY, CONFIG_NOT_FOR_REPOSITORY, CONFIG_PATH_OUTSIDE
 * @throws RuleError CONFIG_CHANGED; StorageError CONFIG_WRITE_FAILED; UnavailableError LOG_LOCKED
 */
export async function editConfigFile(
  file: ConfigFile,
  edits: readonly ConfigEdit[],
  env: Env = process.env,
  expected: readonly ConfigEdit[] = [],
): Promise<readonly FileEntry[]> {
  for (const edit of edits) assertRight(file, edit, env);
  const lock = await lockOf(env);
  try {
    return await lock.hold(() => editLocked(file, edits, expected));
  } catch (error) {
    throw error instanceof SessionDbError ? error : writeFailed(file.path, error);
  } finally {
    await lock.close();
  }
}

async function editLocked(
  file: ConfigFile,
  edits: readonly ConfigEdit[],
  expected: readonly ConfigEdit[],
): Promise<FileEntry[]> {
  const old = fileText(file.path);
  assertExpected(file, old?.text ?? "", expected);
  const text = editedText(file.path, old?.text ?? "", edits);
  const entries = checkedEntries(file, text);
  if (text !== (old?.text ?? "")) {
    await replace(file, text, file.layer === "user" ? USER_MODE : (old?.mode ?? REPOSITORY_MODE));
  }
  return entries;
}

/** A value with `${…}` is only known when it is used. */
function assertRight({ layer, base, path: file }: ConfigFile, { setting, raw }: ConfigEdit, env: Env): void {
  if (raw === null || String(raw).includes("${")) return;
  resolveValue({ setting, raw, base, source: { layer, name: file, file } }, env);
}

function assertExpected(file: ConfigFile, text: string, expected: readonly ConfigEdit[]): void {
  if (expected.length === 0) return;
  const entries = checkedEntries(file, text);
  for (const { setting, raw } of expected) {
    if ((entries.find((entry) => entry.setting === setting)?.raw ?? null) === raw) continue;
    throw new RuleError("CONFIG_CHANGED", `${file.path}: ${setting.key} was changed since; it is left as it is`, {
      hint: "look at it with: sessiondb config list --sources",
    });
  }
}

/** Where the file is a link, what it links to is replaced, as people have it who keep their settings elsewhere. */
async function replace({ path, base, layer }: ConfigFile, text: string, mode: number): Promise<void> {
  if (layer === "repository") assertInside(base, path, path);
  makeFolder(dirname(path), layer === "user" ? 0o700 : 0o755);
  const created = await NewFile.begin(realPath(path), mode);
  try {
    await created.write(text);
    await created.publish(true);
  } finally {
    await created.discard();
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // not there yet
  }
}

/** Not beside the file: a repository is no place for it. */
async function lockOf(env: Env): Promise<FileLock> {
  const folder = stateDir(env);
  try {
    makeFolder(folder, 0o700);
  } catch (error) {
    throw writeFailed(folder, error);
  }
  return new FileLock(join(folder, "config.lock"), LOCK_LIMIT_MS);
}

function writeFailed(path: string, cause: unknown): StorageError {
  return new StorageError("CONFIG_WRITE_FAILED", `${path} cannot be written: ${fileErrorText(cause)}`, {
    hint: "nothing was changed; check the owner and the mode of the file and its folder",
    cause,
  });
}
