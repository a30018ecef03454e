import type { Command } from "commander";
import { sessionStream } from "../../../projections/sessions.js";
import { UsageError } from "../../errors.js";
import { type ImaginedValue, type WhatIf, whatIf } from "../../inspect/what-if.js";
import { escapePointer } from "../../log/canonical.js";
import type { EventLog } from "../../log/event-log.js";
import { shellWord } from "../../log/shell-word.js";
import { type AsOfOptions, asOfOption, openAsOf } from "../as-of.js";
import { parseSet } from "../assignments.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState } from "../command.js";
import { changeLines } from "../output/change-lines.js";
import { printable } from "../output/escape.js";
import type { Streams } from "../output/streams.js";
import { sessionPoint } from "../session-point.js";

interface WhatIfOptions extends CommonOptions, AsOfOptions {
  skip?: string[];
  set?: string[];
}

const SET = /^([^:=]+):(.+)$/s;

export function whatIfCommand(state: RunState): Command {
  const collect = (text: string, before: string[] = []) => [...before, text];
  const command = leaf<WhatIfOptions>(state, "what-if <session>", "what the record would be; writes nothing", act)
    .option("--skip <event>", "had this event (42 or v12) not happened; may stand several times", collect)
    .option("--set <event:field=value>", "had it set this value too; may stand several times", collect)
    .addOption(asOfOption());
  return examples(command, ["sessiondb session what-if auth-refactor --set v1:branch=main --store sqlite:./s.db"]);
}

async function act(context: CommandContext<WhatIfOptions>, id: string): Promise<undefined> {
  const { options, streams } = context;
  const log = await openAsOf(context, sessionStream(id));
  const skip: number[] = [];
  for (const text of options.skip ?? []) skip.push((await sessionPoint(log, id, text, streams)).offset);
  const set: ImaginedValue[] = [];
  for (const text of options.set ?? []) set.push(await imagined(log, id, text, streams));
  const { offset } = await log.tail();
  const result = await whatIf(log, id, { skip, set });
  if (streams.json) streams.document({ schema: "session-what-if/1", offset, skip, set, ...result });
  else report(context, result);
}

async function imagined(log: EventLog, id: string, text: string, streams: Streams): Promise<ImaginedValue> {
  const [, point, assignment] = SET.exec(text) ?? [];
  if (point === undefined || assignment === undefined) {
    throw new UsageError("ARGUMENT_INVALID", `--set takes EVENT:FIELD=VALUE, not ${JSON.stringify(text)}`, {
      hint: "for example --set 42:prState.exists=true",
    });
  }
  const { path, value } = parseSet(assignment);
  const { offset } = await sessionPoint(log, id, point, streams);
  return { offset, path: path.map((key) => `/${escapePointer(key)}`).join(""), value };
}

function report(
  { storeOption, streams }: CommandContext<WhatIfOptions>,
  { session, changes, record, lost }: WhatIf,
): void {
  streams.lines(changeLines(changes));
  for (const { offset, version, type, actor, why } of lost)
    streams.lines([printable(`! v${version}  ${offset}  ${type}  ${actor}  would no longer apply: ${why}`)]);
  if (changes.length === 0) streams.note("the record would be the same");
  else if (record === null) streams.note("there would be no session");
  streams.note(`nothing was written · now: sessiondb session show ${shellWord(session)}${storeOption}`);
}
