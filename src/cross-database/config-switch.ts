import { hostname } from "node:os";
import { dirname, join } from "node:path";
import * as z from "zod";
import { addressParts } from "../config/address.js";
import { type Config, loadConfig } from "../config/layers.js";
import { leastSwitch, makeSwitch, type StoreSwitch, switchBack } from "../config/switch-store.js";
import { RefusedError, RuleError, SessionDbError, StorageError, UsageError } from "../errors.js";
import { makeFolder } from "../files/make-folder.js";
import { NewFile } from "../files/new-file.js";
import { readOrdinary } from "../files/open-ordinary.js";
import type { NoteSwitch } from "../migrate/execute-options.js";
import type { JournalEntry, SwitchedConfig } from "../migrate/journal-entry.js";
import type { SwitchedBack } from "../migrate/roll-back.js";
import { storeOption } from "../migrate/store-option.js";
import { shownUrl } from "../open-log.js";
import { type ConfiguredStore, configuredStore } from "../session/configured-store.js";

/** What becomes of the configuration when a log has moved. `why` is for people, without passwords. */
export type ConfigSwitchPlan =
  /** That file is changed. */
  | { readonly kind: "switch"; readonly file: string; readonly change: StoreSwitch }
  /** It names the source, and no file can be changed to name the target. */
  | { readonly kind: "blocked"; readonly why: string }
  /** It names another store than the source, or the target already: it is not concerned. */
  | { readonly kind: "not-concerned"; readonly configured: string };

const record = z.object({
  file: z.string(),
  before: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).nullable()),
  after: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).nullable()),
});

/**
 * Plans the switch of the configuration from a log to where it has moved. Only a configuration that names the source is
 * concerned, seen without --store: what a command line names lasts for that command.
 *
 * @param from with its password, as it is opened; so is `to`
 * @throws as `loadConfig`
 */
export function planConfigSwitch(from: string, to: string, config: Config = loadConfig()): ConfigSwitchPlan {
  const configured = storeOf(config);
  const shown = configured === undefined ? "no store" : shownUrl(configured.url);
  if (configured === undefined || shown !== shownUrl(from)) return { kind: "not-concerned", configured: shown };
  const target = openedAs(to);
  try {
    const change = leastSwitch(config, target, (changed) => openedAs(storeOf(changed)?.url ?? "") === target);
    if (change !== undefined) return { kind: "switch", file: change.file, change };
  } catch (error) {
    if (!(error instanceof RefusedError || error instanceof UsageError)) throw error;
    return { kind: "blocked", why: error.message };
  }
  return { kind: "blocked", why: `${configured.placeSource.name} has a part in naming the store` };
}

/**
 * Switches, after writing down how to take it back: into a file of its own, because values may hold passwords, which the
 * journal never does.
 *
 * @param at `folder`: for that file; `note`: called with what is about to be switched, and with null where that failed
 * @throws StorageError SWITCH_FAILED: the file is as it was; what `note` throws, and then too
 */
export async function switchConfig(
  change: StoreSwitch,
  { id, folder, note }: { readonly id: string; readonly folder: string; readonly note: NoteSwitch },
): Promise<SwitchedConfig> {
  const switched = { host: hostname(), file: change.file, savedAs: join(folder, `${id}-config.json`) };
  await orUnswitched(() => save(change, switched.savedAs));
  await note(switched);
  try {
    await orUnswitched(() => makeSwitch(change));
  } catch (error) {
    // It may have been made all the same, such as where the folder cannot be synced.
    await switchBack(change).catch(() => undefined);
    await note(null).catch(() => undefined); // a rollback finds the file as it was
    throw error;
  }
  return switched;
}

async function orUnswitched(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (cause) {
    const message = `all is copied and verified, but not switched: ${(cause as Error).message}`;
    throw new StorageError("SWITCH_FAILED", message, {
      hint: "do it again, which only verifies and switches, or with --no-switch; the configuration is as it was",
      cause,
    });
  }
}

async function save(change: StoreSwitch, path: string): Promise<void> {
  makeFolder(dirname(path), 0o700);
  const created = await NewFile.begin(path, 0o600);
  try {
    await created.write(JSON.stringify(change));
    await created.publish(true);
  } finally {
    await created.discard();
  }
}

/**
 * Takes a migration's switch back. Where somebody has changed the store in that file since, where the file is on another
 * machine, or what says how it was is gone, it is left as it is.
 *
 * @returns null where the migration has switched nothing
 * @throws as `editConfigFile`: then nothing was changed
 */
export async function switchConfigBack({ switched }: JournalEntry): Promise<SwitchedBack | null> {
  if (switched === null) return null;
  const { host, file, savedAs } = switched;
  if (host !== hostname()) return { file, left: `it is on ${host}` };
  const change = readChange(savedAs);
  if (change === undefined) return { file, left: `${savedAs} cannot be read, which says what it was` };
  try {
    await switchBack(change);
    return { file, left: null };
  } catch (error) {
    if (!(error instanceof RuleError) || error.code !== "CONFIG_CHANGED") throw error;
    return { file, left: "it was changed since" };
  }
}

/**
 * Makes a switch again that was taken back for a rollback which then cut nothing.
 *
 * @throws StorageError SWITCH_FAILED: the file names the source
 */
export async function switchConfigAgain({ id, target, switched }: JournalEntry): Promise<void> {
  const change = switched === null ? undefined : readChange(switched.savedAs);
  try {
    if (change !== undefined) await makeSwitch(change);
  } catch (cause) {
    const message = `nothing was cut, and ${switched?.file} names the source already: ${(cause as Error).message}`;
    const hint = `do it again: sessiondb rollback ${id}${storeOption("--to", target)}`;
    throw new StorageError("SWITCH_FAILED", message, { hint, cause });
  }
}

function readChange(savedAs: string): StoreSwitch | undefined {
  try {
    return record.parse(JSON.parse(readOrdinary(savedAs).toString("utf8")));
  } catch {
    return undefined; // told as what it means: nothing is switched back
  }
}

/** A configuration that names no store, such as a server without its address, names not the source. */
function storeOf(config: Config): ConfiguredStore | undefined {
  try {
    return configuredStore(config);
  } catch (error) {
    if (error instanceof SessionDbError) return undefined;
    throw error;
  }
}

/**
 * Of a file its whole path, and how large a segment of it may grow; of a server all of its address, because its password has
 * to be the right one, too.
 */
function openedAs(url: string): string {
  const shown = shownUrl(url);
  return shown.includes("***") ? url : shown + addressParts(url).query;
}
