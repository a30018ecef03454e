import { type Command, Option } from "commander";
import { sessionStream } from "../../../projections/sessions.js";
import { UsageError } from "../../errors.js";
import { type DiffChange, diff, jsonPatchOf, type SessionDiff } from "../../inspect/diff.js";
import { parseFieldPath } from "../../inspect/field-path.js";
import { mergePatchBetween } from "../../inspect/merge-patch.js";
import { type AsOfOptions, asOfOption, openAsOf } from "../as-of.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState } from "../command.js";
import { EXIT } from "../exit-code.js";
import { changeLines } from "../output/change-lines.js";
import { printable } from "../output/escape.js";
import { sessionPoint } from "../session-point.js";

interface DiffOptions extends CommonOptions, AsOfOptions {
  path?: string;
  format: "human" | "json-patch" | "merge-patch";
  exitCode?: boolean;
}

const HEAD = "HEAD";

export function diffCommand(state: RunState): Command {
  const command = leaf<DiffOptions>(state, "diff <session> <from..to>", "what differs between two points, and why", act)
    .option("--path <path>", "only what lies there: prState, prState.exists, /prState/exists")
    .addOption(
      new Option("--format <format>", "json-patch is RFC 6902, merge-patch RFC 7396")
        .choices(["human", "json-patch", "merge-patch"])
        .default("human"),
    )
    .option("--exit-code", "exit code 8 where something differs")
    .addOption(asOfOption());
  return examples(command, [
    "sessiondb session diff auth-refactor v1..HEAD --store sqlite:./s.db",
    "sessiondb session diff auth-refactor v1.. --path prState --format json-patch --store sqlite:./s.db",
  ]);
}

async function act(context: CommandContext<DiffOptions>, id: string, range: string) {
  const { options, streams } = context;
  const ends = endsOf(range);
  const log = await openAsOf(context, sessionStream(id));
  const from = await sessionPoint(log, id, ends.from, streams);
  const to = await sessionPoint(log, id, ends.to, streams);
  const path = parseFieldPath(options.path ?? "");
  const found = await diff(log, id, { from: from.offset, to: to.offset, path });
  const patch = patchOf(found, options.format);
  if (streams.json) {
    const { before, after, ...told } = found;
    streams.document({ schema: "session-diff/1", offset: (await log.tail()).offset, ...told, ...patch });
  } else if (patch !== undefined) streams.document(Object.values(patch)[0]);
  else streams.lines(linesOf(found));
  return options.exitCode === true && found.changes.length > 0 ? EXIT.differences : undefined;
}

/** `A..B`; a missing A is before everything, a missing B is now. @throws UsageError POINT_INVALID */
function endsOf(range: string): { from: string; to: string } {
  const [from, to, ...rest] = range.split("..");
  if (from !== undefined && to !== undefined && rest.length === 0) return { from: from || "0", to: to || HEAD };
  throw new UsageError("POINT_INVALID", `${JSON.stringify(range)} is not two points`, {
    hint: "write A..B, for example v12..v15 or 2h..HEAD",
  });
}

function patchOf(found: SessionDiff, format: DiffOptions["format"]): Record<string, unknown> | undefined {
  switch (format) {
    case "human":
      return undefined;
    case "json-patch":
      return { jsonPatch: jsonPatchOf(found) };
    case "merge-patch":
      return { mergePatch: mergePatchBetween(found.before, found.after) };
    default:
      throw new TypeError(`unhandled ${format satisfies never}`);
  }
}

function linesOf({ session, from, to, events, changes }: SessionDiff): string[] {
  const ends = `v${from.version} → v${to.version}   offsets ${from.offset} → ${to.offset}`;
  const counts = [
    `${changes.filter(({ before, after }) => before !== undefined && after !== undefined).length} changed`,
    `${changes.filter(({ before }) => before === undefined).length} added`,
    `${changes.filter(({ after }) => after === undefined).length} removed`,
  ];
  return [
    printable(`${session}  ${ends}   ${events} ${events === 1 ? "event" : "events"}${spanOf(from, to)}`),
    ...changeLines(changes, authorOf),
    counts.join(", "),
  ];
}

function authorOf({ set }: DiffChange): string {
  if (set === undefined) return "";
  return `v${set.version}  ${set.actor}${set.reason === undefined ? "" : `  ${JSON.stringify(set.reason)}`}`;
}

function spanOf(from: SessionDiff["from"], to: SessionDiff["to"]): string {
  if (from.recordedAt === undefined || to.recordedAt === undefined) return "";
  const seconds = Math.round(Math.abs(Date.parse(to.recordedAt) - Date.parse(from.recordedAt)) / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return `   ${hours > 0 ? `${hours}h ${minutes}m` : minutes > 0 ? `${minutes}m ${seconds % 60}s` : `${seconds}s`}`;
}
