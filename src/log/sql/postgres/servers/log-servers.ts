import type { ReadPlace } from "../../../event-log.js";
import type { Tail } from "../../../seal.js";
import { ArchivedRows } from "../archive/archived-rows.js";
import { Connections } from "../connection/connections.js";
import type { PgSession } from "../connection/pg-session.js";
import { tablesOf } from "../connection/statement.js";
import { PostgresActs } from "../postgres-acts.js";
import type { PostgresLimits, PostgresLogOptions } from "../postgres-options.js";
import type { PostgresAddress } from "../postgres-url.js";
import { PostgresReader } from "../read/postgres-reader.js";
import { readAddressOf } from "./read-address.js";
import { ServerHistory } from "./server-history.js";
import { StandbyCheck } from "./standby-check.js";
import { type ReadAct, StandbyReads } from "./standby-reads.js";

const MAX_READERS = 4;

export interface LogServersOptions {
  readonly url: string;
  readonly address: PostgresAddress;
  readonly limits: PostgresLimits;
  readonly options: PostgresLogOptions;
  /** Asked before each attempt: the log may be closed while one waits for the next. */
  readonly assertOpen: (operation: string) => void;
}

/** The servers of one log: the one that takes writes, and the standby that is read, if there is one. */
export class LogServers {
  /** Of the one that takes writes. */
  readonly connections: Connections;
  /** There. */
  readonly acts: PostgresActs;
  readonly reader: PostgresReader;
  readonly history: ServerHistory;
  readonly #standby: StandbyReads | undefined;
  readonly #assertOpen: (operation: string) => void;

  /** @throws UsageError STORE_URL_INVALID */
  constructor({ url, address, limits, options, assertOpen }: LogServersOptions) {
    const tables = tablesOf(address.schema);
    const readAddress = readAddressOf(url, options.readUrl);
    const maxReaders = options.maxConnections ?? MAX_READERS;
    this.#assertOpen = assertOpen;
    this.reader = new PostgresReader(tables, new ArchivedRows(tables));
    this.history = new ServerHistory(address.url, tables, () => this.#greetAgain());
    this.connections = new Connections(address, limits, maxReaders, (session) => this.history.check(session));
    this.acts = new PostgresActs(this.connections, limits, address.url, assertOpen);
    if (readAddress === undefined) return;
    this.#standby = new StandbyReads({
      address: readAddress,
      limits,
      maxReaders,
      primary: { connections: this.connections, acts: this.acts },
      history: this.history,
      check: new StandbyCheck(tables),
      reader: this.reader,
      notify: (code, message) => options.onNotice?.({ code, message }),
    });
  }

  get hasStandby(): boolean {
    return this.#standby !== undefined;
  }

  /** A question about events, where reads go. */
  async read<T>(operation: string, act: ReadAct<T>): Promise<T> {
    this.#assertOpen(operation);
    if (this.#standby !== undefined) return this.#standby.read(operation, act);
    return this.acts.read(operation, (session) => act(session, true));
  }

  /** The end of the log where it is read. */
  async tail(operation: string): Promise<Tail> {
    const before = this.history.known;
    const look: ReadAct<{ tail: Tail; atPrimary: boolean }> = async (session, atPrimary) => ({
      tail: await this.reader.tail(session),
      atPrimary,
    });
    const { tail, atPrimary } = await this.read(operation, look);
    if (atPrimary) this.history.sawAtPrimary(tail, before);
    else this.history.saw(tail);
    return tail;
  }

  /** The end of the log where it is written: what is read from now on reaches so far. */
  async primaryTail(): Promise<Tail> {
    const before = this.history.known;
    const tail = await this.connections.reading((session: PgSession) => this.reader.tail(session));
    this.history.sawAtPrimary(tail, before);
    return tail;
  }

  /** @returns undefined where there is no standby */
  readPlace(): Promise<ReadPlace> | undefined {
    this.#assertOpen("readPlace");
    return this.#standby?.place();
  }

  async close(): Promise<void> {
    await Promise.all([this.connections.close(), this.#standby?.close()]);
  }

  #greetAgain(): void {
    this.connections.greetAgain();
    this.#standby?.greetAgain();
  }
}
