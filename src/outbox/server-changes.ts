import { UnavailableError } from "../errors.js";
import { type ArchivedEvents, type ArchiveEntry, archiveUnsupported } from "../log/archives.js";
import type { EventLog, RedactRequest, RedactResult } from "../log/event-log.js";
import type { AppendOptions } from "../log/prepare.js";
import { redactionUnsupported } from "../log/redaction.js";
import type { ServerLink } from "./server-link.js";

type Archivable = EventLog & Required<Pick<EventLog, "archive" | "unarchive">>;

const OWN_OUTBOX = "the outbox of this machine, whose copy follows with the next use of the server";
const OTHER_OUTBOXES = "outboxes of other machines: their copies follow when they reach the server, older ones stay";

/** The changes that cannot wait in an outbox: each needs the server, and what waits is in its log before. */
export class ServerChanges {
  readonly #link: ServerLink;
  /** The server's address for people. */
  readonly #url: string;

  constructor(link: ServerLink, url: string) {
    this.#link = link;
    this.#url = url;
  }

  /** @throws the error that said that it is away; UnavailableError LOG_LOCKED */
  async server(): Promise<EventLog> {
    const server = await this.#link.forWriting();
    if (server !== undefined) return server;
    throw this.#link.away?.error ?? new UnavailableError("LOG_LOCKED", "another process replays the outbox");
  }

  /** On the server; then on the copy of this machine. Copies of other machines follow when these reach the server. */
  async redact(request: RedactRequest, options: AppendOptions): Promise<RedactResult> {
    const server = await this.server();
    if (server.redact === undefined) throw redactionUnsupported(this.#url);
    const { remains, ...result } = await server.redact(request, options);
    const copied = await this.#link.replay({}).then(
      () => [],
      () => [OWN_OUTBOX],
    );
    return { ...result, remains: [...remains, ...copied, OTHER_OUTBOXES] };
  }

  async archive(entry: ArchiveEntry, redacted: string | null): Promise<void> {
    const server = await this.#archivable();
    await this.#link.assertCopied(entry.to);
    await server.archive(entry, redacted);
  }

  async unarchive(entry: ArchiveEntry, events: ArchivedEvents): Promise<void> {
    await (await this.#archivable()).unarchive(entry, events);
  }

  async assertArchivable(to: number): Promise<void> {
    await (await this.#archivable()).assertArchivable?.(to);
    await this.#link.assertCopied(to);
  }

  async #archivable(): Promise<Archivable> {
    const server = await this.server();
    if (server.archive === undefined) throw archiveUnsupported(this.#url);
    return server as Archivable;
  }
}
