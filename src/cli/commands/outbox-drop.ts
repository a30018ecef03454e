import type { Command } from "commander";
import { RefusedError, UsageError } from "../../errors.js";
import { dropFromOutbox, outboxReport } from "../../outbox/outbox-report.js";
import type { OutboxPart } from "../../outbox/outbox-store.js";
import { type CommandContext, examples, type ReadOptions, type RunState, readLeaf } from "../command.js";
import { outboxOf } from "../outbox-of.js";

interface DropOptions extends ReadOptions {
  queue?: boolean;
  conflicts?: boolean;
  copy?: boolean;
  yes?: string;
}

export function outboxDropCommand(state: RunState): Command {
  const command = readLeaf<DropOptions>(
    state,
    "drop",
    "give up what waits or conflicts; its file stays where it is, and is named",
    drop,
  )
    .option("--queue", "what waits: it will not be sent")
    .option("--conflicts", "what the server's log did not take")
    .option("--copy", "the local copy: removed, and made anew when the server is there")
    .option("--yes <name>", "the name of the outbox, as `outbox list` shows it");
  return examples(command, ["sessiondb outbox drop --conflicts --store sqlite:./s.db"]);
}

async function drop(context: CommandContext<DropOptions>): Promise<undefined> {
  const { options, streams } = context;
  const part = partOf(options);
  const placed = outboxOf(context);
  const report = placed && (await outboxReport(placed.root, placed.url));
  const count = report === undefined ? 0 : amountOf(part, report);
  let file: string | undefined;
  if (placed !== undefined && report !== undefined && count > 0) {
    assertConfirmed(options, part, count, report.name);
    file = await dropFromOutbox(placed.root, placed.url, part);
  }
  const offset = part === "copy" ? 0 : (report?.copiedOffset ?? 0);
  if (streams.json) streams.document({ schema: "outbox-drop/1", offset, part, dropped: count, file: file ?? null });
  else if (file === undefined) streams.note("nothing to drop");
  else streams.lines([part === "copy" ? "the copy is removed" : `dropped ${count}; they are kept in ${file}`]);
}

function partOf({ queue, conflicts, copy }: DropOptions): OutboxPart {
  const named = Object.entries({ queue, conflicts, copy }).filter(([, isNamed]) => isNamed === true);
  if (named.length === 1) return named[0]?.[0] as OutboxPart;
  throw new UsageError("ARGUMENT_INVALID", "name one of --queue, --conflicts and --copy", {
    hint: "sessiondb outbox list shows what there is",
  });
}

function amountOf(
  part: OutboxPart,
  report: { queue: readonly unknown[]; conflicts: readonly unknown[]; copiedOffset: number },
): number {
  return part === "copy" ? report.copiedOffset : report[part].length;
}

function assertConfirmed({ yes }: DropOptions, part: OutboxPart, count: number, name: string): void {
  if (yes === name) return;
  const what = { queue: "queued appends", conflicts: "conflicts", copy: "copied events" }[part];
  throw new RefusedError("CONFIRMATION_NEEDED", `${count} ${what} of ${name}: this was not confirmed`, {
    hint: `to do it, add --yes=${name}`,
  });
}
