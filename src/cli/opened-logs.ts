import { type Config, loadConfig } from "../config/layers.js";
import type { EventLog } from "../log/event-log.js";
import type { LogNotice, OpenLogOptions } from "../log/open-log-options.js";
import { openLog } from "../open-log.js";
import { type ConfiguredStore, configuredStore, isDefaultPlace, optionsOf } from "../session/configured-store.js";
import { firstStart } from "../session/first-start.js";
import { openBehindOutbox, tellWaiting, tellWaitingFirst } from "./open-behind-outbox.js";
import { tellFirstStart } from "./output/import-report.js";
import type { Streams } from "./output/streams.js";
import { warnOfPassword } from "./written-address.js";

export interface OpenHow {
  /** Refuse a log that is not there. */
  readonly mustExist?: boolean;
  /** Only say what would be written: it stays in memory, and nothing is made where there is no log. */
  readonly trial?: boolean;
}

/** What the command line says about logs. */
interface Given {
  readonly store?: string;
  /** Where archives may be, besides the log's own folder. */
  readonly archive?: readonly string[];
}

/** The logs that one command opens, and the configuration that names them; what is worth a remark is told on stderr. */
export class OpenedLogs {
  readonly #given: Given;
  readonly #streams: Streams;
  readonly #opened: EventLog[] = [];
  #config: Config | undefined;
  #isPartial = false;

  constructor(given: Given, streams: Streams) {
    this.#given = given;
    this.#streams = streams;
  }

  /** Whether a first start could not take over everything that it found. */
  get isPartial(): boolean {
    return this.#isPartial;
  }

  /** Read once. */
  config(): Config {
    if (this.#config !== undefined) return this.#config;
    const { store } = this.#given;
    this.#config = loadConfig({ flags: { store } });
    for (const warning of this.#config.warnings) this.#streams.note(warning);
    return this.#config;
  }

  store(): ConfiguredStore {
    return configuredStore(this.config());
  }

  /** The configured store; at its default place the first time, with what other programs have left there. */
  async openStore(how: OpenHow = {}): Promise<EventLog> {
    const configured = this.store();
    const { url, options: limits, outboxRoot } = configured;
    const { trial = false, ...must } = how;
    if (outboxRoot !== undefined) {
      if (!trial) return this.#openBehindOutbox(url, { ...limits, ...must }, outboxRoot);
      await tellWaitingFirst(url, outboxRoot, this.#streams);
      return this.#open(url, limits, trial);
    }
    await tellWaiting(configured, this.config(), this.#streams);
    const start = () => firstStart(() => this.#open(url, limits, trial), process.env);
    const first = isDefaultPlace(configured) ? await start() : undefined;
    if (first === undefined) return this.#open(url, { ...limits, ...must }, trial);
    this.#isPartial = tellFirstStart(this.#streams, first, trial);
    return first.log;
  }

  async open(url: string, { trial = false, ...must }: OpenHow = {}): Promise<EventLog> {
    return this.#open(url, { ...optionsOf(this.config()), ...must }, trial);
  }

  async close(): Promise<void> {
    for (const log of this.#opened) await log.close();
  }

  async #open(url: string, options: OpenLogOptions, trial = false): Promise<EventLog> {
    warnOfPassword(url, this.#streams);
    const how = { ...options, ...archivesOf(this.#given), onNotice: noticeTo(this.#streams) };
    const log = await (trial ? openOnTrial(url, how) : openLog(url, how));
    this.#opened.push(log);
    return log;
  }

  async #openBehindOutbox(url: string, options: OpenLogOptions, outboxRoot: string): Promise<EventLog> {
    warnOfPassword(url, this.#streams);
    const log = await openBehindOutbox(url, { ...options, outboxRoot }, this.#streams);
    this.#opened.push(log);
    return log;
  }
}

/** What --archive says, for whoever opens logs. */
export function archivesOf({ archive }: Pick<Given, "archive">): Pick<OpenLogOptions, "archives"> {
  return archive === undefined ? {} : { archives: archive };
}

/** That a secret was found must not be missed, by programs either. */
function noticeTo(streams: Streams): (notice: LogNotice) => void {
  return ({ code, message }) => {
    if (code.startsWith("SECRET")) streams.notice(`note: ${message}`);
    else streams.note(`note: ${message}`);
  };
}

/** Most commands start without what this needs. */
async function openOnTrial(url: string, options: OpenLogOptions): Promise<EventLog> {
  const { openTrial } = await import("../open-trial.js");
  return openTrial(url, options);
}
