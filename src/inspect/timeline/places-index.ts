import type { EventLog } from "../../log/event-log.js";
import { DataReading } from "./data-reading.js";
import type { EventColumns } from "./event-columns.js";
import { PathPlaces } from "./path-places.js";

/** Which events write which paths, for as long as somebody looks at a log. The first question reads the log once. */
export class PlacesIndex {
  readonly #log: EventLog;
  #held: { readonly places: PathPlaces; readonly reading: DataReading } | undefined;

  constructor(log: EventLog) {
    this.#log = log;
  }

  /**
   * Begins, or goes on, to read what the columns have. The promise settles when it is as far as they are; it rejects where
   * the log cannot be read, and the next question tries again.
   */
  of(columns: EventColumns): { readonly ready: Promise<PathPlaces>; readonly known: () => number } {
    const { places, reading } = this.#for(columns);
    return { ready: reading.ready().then(() => places), known: () => reading.known };
  }

  /** Settles when nothing is read any more. */
  async close(): Promise<void> {
    await this.#held?.reading.close();
  }

  /** A log that was cut back has other columns. */
  #for(columns: EventColumns) {
    if (this.#held?.reading.columns === columns) return this.#held;
    void this.#held?.reading.close();
    const places = new PathPlaces();
    const reading = new DataReading(this.#log, columns, (page) => {
      for (const event of page) places.add(event);
    });
    this.#held = { places, reading };
    return this.#held;
  }
}
