import type { Command } from "commander";
import { defined } from "../defined.js";
import { erase } from "../erasure/erase.js";
import type { ErasureTarget } from "../erasure/erasure-target.js";
import { planErasure } from "../erasure/plan-erasure.js";
import type { CommandContext, CommonOptions } from "./command.js";
import { confirmedByName, storeName } from "./confirm-name.js";
import { erasureDocument, erasureLines } from "./output/erasure-lines.js";

/** Options of the acts that erase data. */
export interface ErasingOptions extends CommonOptions {
  reason: string;
  yes?: string;
  dryRun?: boolean;
}

export function withErasing(command: Command): Command {
  return command
    .requiredOption("--reason <text>", "why; it stays in the log for ever, so no secret belongs in it")
    .option("--yes <name>", "do it without asking; NAME is that of the store, such as s.db")
    .option("--dry-run", "erase nothing, show what would go and where the data would still be");
}

/** Plans, asks, erases, and says what is left where. */
export async function erasing(
  { openStore, options, streams }: CommandContext<ErasingOptions>,
  target: ErasureTarget,
): Promise<undefined> {
  const { reason, yes, dryRun = false, actor } = options;
  const log = await openStore({ mustExist: true });
  const plan = await planErasure(log, target, { reason });
  if (dryRun) {
    if (streams.json) streams.document(erasureDocument(plan, plan.offset));
    else streams.lines(erasureLines(plan, log.url));
    return;
  }
  if (plan.request !== undefined) {
    if (!streams.json && yes === undefined) streams.lines(erasureLines(plan, log.url));
    await confirmedByName(`erase the data of ${plan.events} events of ${log.url}`, storeName(log.url), yes);
  }
  const erased = await erase(log, target, { reason, ...defined({ actor }) });
  const offset = erased.appended.at(-1)?.offset ?? plan.offset;
  if (streams.json) streams.document(erasureDocument(erased, offset, erased.appended));
  else streams.lines(erasureLines(erased, log.url, erased.appended));
  streams.note(`the chain is as it was: sessiondb verify`);
}
