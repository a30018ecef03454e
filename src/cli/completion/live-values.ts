import { readdirSync } from "node:fs";
import { dirname } from "node:path";
import { loadConfig } from "../../config/layers.js";
import { expandPath } from "../../config/paths.js";
import { SETTINGS } from "../../config/settings.js";
import { listMarks } from "../../inspect/marks.js";
import { projectionStates } from "../../inspect/projections.js";
import type { EventLog } from "../../log/event-log.js";
import { MigrationJournal } from "../../migrate/journal.js";
import { openLog } from "../../open-log.js";
import { configuredStore } from "../../session/configured-store.js";
import { SessionStore } from "../../session/session-store.js";
import { type Suggestion, suggestion } from "./suggestion.js";

/** Who waits for a completion does not wait for a server that is away. */
const CONNECT_MS = 1_000;

/** What stands in the store that a command line means. Nothing is written; whatever fails is for the caller to pass over. */
export class LiveValues {
  readonly #named: string | undefined;

  /** @param named what `--store` says */
  constructor(named: string | undefined) {
    this.#named = named;
  }

  sessions(): Promise<Suggestion[]> {
    return this.#reading(async (log) => {
      const { documents } = await new SessionStore(log, { actor: "completion" }).list();
      return documents.map(({ id, record }) => suggestion(id, textOf(record.status)));
    });
  }

  marks(): Promise<Suggestion[]> {
    return this.#reading(async (log) => {
      const marks = await listMarks(log);
      return marks.map(({ name, offset, reason }) => suggestion(name, reason ?? `offset ${offset}`));
    });
  }

  async points(): Promise<Suggestion[]> {
    const marks = await this.marks();
    return [suggestion("HEAD", "the last event"), ...marks.map((mark) => ({ ...mark, value: `mark:${mark.value}` }))];
  }

  projections(): Promise<Suggestion[]> {
    return this.#reading(async (log) => {
      const { items } = await projectionStates(log);
      return items.map(({ name, behind }) => suggestion(name, `${behind} events behind`));
    });
  }

  migrations(): Promise<Suggestion[]> {
    return this.#reading(async (log) => {
      const { entries } = await new MigrationJournal(log).list();
      const ids = entries.map(({ id, source }) => suggestion(id, `from ${source}`));
      return [suggestion("last", "the last one that stands"), ...ids.reverse()];
    });
  }

  settings(): Suggestion[] {
    return SETTINGS.map(({ key }) => suggestion(key.replace(/^sessiondb\./, "")));
  }

  /** Addresses: a scheme, then a path. */
  stores(typed: string): Suggestion[] {
    const [, scheme, path] = /^(jsonl:|sqlite:)(.*)$/s.exec(typed) ?? [];
    if (scheme !== undefined && path !== undefined)
      return filesFrom(path).map((file) => suggestion(`${scheme}${file}`));
    return ["jsonl:", "sqlite:", "postgres://"].map((one) => suggestion(one));
  }

  async #reading<T>(act: (log: EventLog) => Promise<T>): Promise<T> {
    const { url, options } = configuredStore(loadConfig({ flags: { store: this.#named } }));
    const log = await openLog(url, { ...options, readOnly: true, connectTimeoutMs: CONNECT_MS });
    try {
      return await act(log);
    } finally {
      await log.close();
    }
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Names that begin so, folders with a `/` behind them. */
function filesFrom(typed: string): string[] {
  const folder = typed.endsWith("/") ? typed : typed.includes("/") ? `${dirname(typed)}/` : "";
  return readdirSync(expandPath(folder === "" ? "." : folder), { withFileTypes: true })
    .filter(({ name }) => `${folder}${name}`.startsWith(typed))
    .map((entry) => `${folder}${entry.name}${entry.isDirectory() ? "/" : ""}`);
}
