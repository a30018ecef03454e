import { dirname, resolve } from "node:path";
import { withArchives } from "./archive/with-archives.js";
import { backendOf, fileOf, isBuiltIn } from "./backends/backends.js";
import { addressParts } from "./config/address.js";
import { assertOptions } from "./config/known-options.js";
import { expandPath } from "./config/paths.js";
import { assertLimits } from "./log/assert-limits.js";
import type { EventLog } from "./log/event-log.js";
import { maskUrl } from "./log/mask-url.js";
import { ObservedLog } from "./log/observed-log.js";
import { Observer } from "./log/observer.js";
import { OPEN_LOG_OPTIONS, type OpenLogOptions } from "./log/open-log-options.js";
import { ReadOnlyLog } from "./log/read-only-log.js";
import { Scrubber } from "./log/scrubber.js";
import { findTelemetry } from "./log/telemetry.js";

/**
 * Opens the log at an address: `jsonl:PATH`, `sqlite:PATH`, `postgres://…`, `memory:`, or a scheme that was registered.
 * What it does is told to `options.logger`, and to OpenTelemetry where the program has registered a provider before.
 * A bare path ending in .jsonl, .db or .sqlite is taken for what it says. `~` means the home folder.
 *
 * @throws UsageError STORE_URL_INVALID, SCRUB_INVALID; NotFoundError LOG_NOT_FOUND with `mustExist` or `readOnly`; TypeError
 *   where a limit is no whole number within its bounds, or an option is not known; and whatever the backend throws
 */
export async function openLog(url: string, options: OpenLogOptions = {}): Promise<EventLog> {
  if (isBuiltIn(url)) assertOptions("openLog", options, OPEN_LOG_OPTIONS);
  const telemetry = await findTelemetry();
  if (options.logger === undefined && telemetry === undefined) return openUnobserved(url, options);
  const observer = new Observer(shownUrl(url), options.logger, telemetry);
  return new ObservedLog(await openUnobserved(url, observedOptions(options, observer)), observer);
}

/**
 * As with `readOnly`, but with the tables of its read models, whose stored states a `ReadOnlyLog` does not show. Whoever
 * asks for this calls nothing that writes.
 *
 * @throws as openLog
 */
export function openToDiagnose(url: string, options: OpenLogOptions = {}): Promise<EventLog> {
  return openShelved(url, { ...options, mustExist: true, readOnly: true });
}

/** Where the archives of a log may be; the folder of a log that is a file among them. */
export function archivePlaces(url: string, { archives = [] }: OpenLogOptions = {}): string[] {
  const file = fileOf(url);
  return [...archives.map((place) => expandPath(place)), ...(file === undefined ? [] : [dirname(resolve(file))])];
}

/** The address as the log that is opened there shows it: paths absolute, passwords masked. */
export function shownUrl(url: string): string {
  const file = fileOf(url);
  return file === undefined ? maskUrl(url) : `${addressParts(url).scheme}:${file}`;
}

/** @throws UsageError SCRUB_INVALID */
export function scrubberOf({ scrub = {}, onNotice, scrubber }: OpenLogOptions): Scrubber {
  return scrubber ?? new Scrubber(scrub, (notice) => onNotice?.(notice));
}

async function openUnobserved(url: string, options: OpenLogOptions): Promise<EventLog> {
  if (options.readOnly === true) return new ReadOnlyLog(await openShelved(url, { ...options, mustExist: true }));
  return openShelved(url, { ...options, scrubber: scrubberOf(options) });
}

/** With what lies in its archives. */
async function openShelved(url: string, options: OpenLogOptions): Promise<EventLog> {
  const { backend, rest } = backendOf(url);
  assertLimits(options);
  return withArchives(await backend.open(rest, options, url), archivePlaces(url, options));
}

function observedOptions(options: OpenLogOptions, observer: Observer): OpenLogOptions {
  return {
    ...options,
    onNotice: (notice) => {
      observer.noticed(notice);
      options.onNotice?.(notice);
    },
    onRetry: (error) => {
      observer.retried(error);
      options.onRetry?.(error);
    },
  };
}
