import { NotFoundError } from "../errors.js";
import type { EventLog } from "../log/event-log.js";
import type { OpenLogOptions } from "../log/open-log-options.js";
import { openLog } from "../open-log.js";
import { type StoreName, type StorePlace, storePlace } from "./store-address.js";

/** A source is read from one end to the other, and memory is promised to be small. */
const IN_ORDER = { cacheBytes: 1024 * 1024 };

/** Opens the logs of a migration for as long as something is done with them. Exact copies: what a source holds is not scrubbed. */
export class MigratorStores {
  readonly #options: OpenLogOptions;

  /** @param options count before what a name or a configuration of a store brings with it */
  constructor(options: OpenLogOptions = {}) {
    this.#options = options;
  }

  /** For reading only, from one end to the other. */
  reading<T>(store: StoreName | StorePlace, act: (log: EventLog) => Promise<T>): Promise<T> {
    return this.with(store, { readOnly: true, ...IN_ORDER }, act);
  }

  /** As the source of a migration, which only a cut-over writes to. */
  asSource<T>(place: StorePlace, readOnly: boolean, act: (log: EventLog) => Promise<T>): Promise<T> {
    return this.with(place, { readOnly, mustExist: true, ...IN_ORDER }, act);
  }

  async with<T>(
    store: StoreName | StorePlace,
    options: OpenLogOptions,
    act: (log: EventLog) => Promise<T>,
  ): Promise<T> {
    const isPlace = typeof store === "object" && "url" in store;
    const log = await this.open(isPlace ? store : storePlace(store), options);
    try {
      return await act(log);
    } finally {
      await log.close();
    }
  }

  /** The caller closes it. */
  open({ url, options: own }: StorePlace, options: OpenLogOptions): Promise<EventLog> {
    return openLog(url, { ...own, ...this.#options, ...options, scrub: { mode: "off" } });
  }

  /** For reading only; undefined where there is no log. The caller closes it. */
  async openIfThere(place: StorePlace): Promise<EventLog | undefined> {
    try {
      return await this.open(place, { readOnly: true });
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }
}
