import type { Command } from "commander";
import { isServerAddress } from "../../config/address.js";
import { defined } from "../../defined.js";
import type { EventLog, ReadPlace } from "../../log/event-log.js";
import type { OutboxReport } from "../../outbox/outbox-report.js";
import type { ConfiguredStore } from "../../session/configured-store.js";
import { type SessionList, SessionStore } from "../../session/session-store.js";
import { type AsOfOptions, asOfOption, openAsOf } from "../as-of.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState } from "../command.js";
import { renderFields } from "../output/table.js";

type StatusOptions = CommonOptions & AsOfOptions;

export function statusCommand(state: RunState): Command {
  const command = leaf<StatusOptions>(state, "status", "which store is used, and how much is in it", status).addOption(
    asOfOption(),
  );
  return examples(command, ["sessiondb status --store sqlite:./s.db"]);
}

async function status(context: CommandContext<StatusOptions>): Promise<undefined> {
  const { streams } = context;
  const { source, placeSource } = context.store();
  const { log, offset, documents } = await readTold(context);
  const { hash, recordedAt } = await log.tail();
  const reads = await log.readPlace?.();
  const movedTo = (await log.movedTo?.()) ?? undefined;
  const outbox = await outboxState(context);
  if (streams.json) {
    streams.document({
      schema: "status/1",
      store: log.url,
      decidedBy: source.name,
      layer: source.layer,
      placeFrom: placeSource.name,
      offset,
      hash,
      recordedAt,
      sessions: documents.length,
      ...defined({ movedTo, reads, outbox }),
    });
    return;
  }
  streams.lines(
    renderFields([
      ["store", log.url],
      ["decided by", deciders(context.store())],
      ["events", String(offset)],
      ["sessions", String(documents.length)],
      ["tail hash", hash],
      ["last event", recordedAt === "" ? "-" : recordedAt],
      ...(movedTo === undefined ? [] : [["moved to", `${movedTo}, and takes no more events`] as [string, string]]),
      ...(reads === undefined ? [] : readFields(reads)),
      ...(outbox === undefined ? [] : outboxFields(outbox)),
    ]),
  );
}

/** Who looks for a store that cannot be opened has to know who named it. */
async function readTold(context: CommandContext<StatusOptions>): Promise<SessionList & { log: EventLog }> {
  try {
    const log = await openAsOf(context);
    return { log, ...(await new SessionStore(log).list()) };
  } catch (error) {
    context.streams.note(`decided by ${deciders(context.store())}`);
    const outbox = await outboxState(context).catch(() => undefined); // the first error is the one to tell
    for (const [name, value] of outbox === undefined ? [] : outboxFields(outbox))
      context.streams.note(`${name}: ${value}`);
    throw error;
  }
}

/** Of a store on a server that has an outbox, or is to have one. */
async function outboxState({ config, store }: CommandContext<StatusOptions>): Promise<OutboxCounts | undefined> {
  const { url, outboxRoot } = store();
  if (!isServerAddress(url)) return undefined;
  const { outboxReport } = await import("../../outbox/outbox-report.js");
  const { queue, conflicts, ...rest } = await outboxReport(String(config().find("outbox.path")?.value), url);
  const counts = { fallback: outboxRoot !== undefined, queued: queue.length, conflicts: conflicts.length, ...rest };
  return counts.fallback || counts.queued + counts.conflicts > 0 ? counts : undefined;
}

type OutboxCounts = Omit<OutboxReport, "queue" | "conflicts"> & {
  readonly fallback: boolean;
  readonly queued: number;
  readonly conflicts: number;
};

/** How old what is read may be is said in events: clocks of two machines say less. */
function readFields({ url, offset, primaryOffset, fault }: ReadPlace): [string, string][] {
  const primary = primaryOffset === null ? "the primary is away" : `primary at ${primaryOffset}`;
  const standby = offset === null ? `not used: ${fault}` : `as of offset ${offset}`;
  return [["read from", `${url}, ${standby}, ${primary}`]];
}

function outboxFields({ fallback, queued, conflicts, contactAt }: OutboxCounts): [string, string][] {
  const waiting = `${queued} queued, ${conflicts} conflicts${fallback ? "" : ", and fallback is off"}`;
  return [
    ["outbox", queued + conflicts === 0 ? "empty" : `${waiting}: sessiondb outbox list`],
    ["last contact", contactAt ?? "never"],
  ];
}

function deciders({ source, placeSource }: ConfiguredStore): string {
  const layer = source.layer === "default" ? "nobody: it is the default" : `${source.name} (${source.layer})`;
  return placeSource.name === source.name ? layer : `${layer}, and where it lies by ${placeSource.name}`;
}
