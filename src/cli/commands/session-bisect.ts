import type { Command } from "commander";
import { sessionStream } from "../../../projections/sessions.js";
import { UsageError } from "../../errors.js";
import { type BisectResult, type BisectState, bisect, mostSteps, type Verdict } from "../../inspect/bisect.js";
import { type Condition, type ConditionTest, holds } from "../../inspect/condition.js";
import { parseFieldPath } from "../../inspect/field-path.js";
import { shellWord } from "../../log/shell-word.js";
import { type AsOfOptions, asOfOption, openAsOf } from "../as-of.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState } from "../command.js";
import { EXIT } from "../exit-code.js";
import { changeLines } from "../output/change-lines.js";
import { printable } from "../output/escape.js";
import type { Streams } from "../output/streams.js";
import { runVerdict } from "../run-verdict.js";
import { sessionPoint } from "../session-point.js";

interface BisectOptions extends CommonOptions, AsOfOptions {
  good: string;
  bad: string;
  run?: string;
}

export function bisectCommand(state: RunState): Command {
  const conditions = new Conditions();
  const command = leaf<BisectOptions>(state, "bisect <session>", "find the first event that broke it", (context, id) =>
    act(context, id as string, conditions),
  )
    .requiredOption("--good <point>", "the session was good then")
    .option("--bad <point>", "and bad then", "HEAD")
    .option("--path <path>", "good is: at this place there is … (may stand several times: all must hold)")
    .option("--equals <value>", "… this value, JSON or text")
    .option("--matches <regex>", "… a value that matches")
    .option("--exists", "… something")
    .option("--missing", "… nothing")
    .option("--run <command>", "asks a command: state as JSON on stdin; exit code 0 good, 125 skip, 1 to 124 bad")
    .addOption(asOfOption());
  for (const name of ["path", "equals", "matches", "exists", "missing"] as const)
    command.on(`option:${name}`, (value?: string) => conditions.take(name, value ?? ""));
  return examples(command, [
    "sessiondb session bisect auth-refactor --good 0 --path branch --missing --store sqlite:./s.db",
  ]);
}

async function act(context: CommandContext<BisectOptions>, id: string, asked: Conditions) {
  const { options, streams } = context;
  const judge = judgeOf(options, asked.all(), streams);
  const log = await openAsOf(context, sessionStream(id));
  const good = await sessionPoint(log, id, options.good, streams);
  const bad = await sessionPoint(log, id, options.bad, streams);
  const result = await bisect(log, id, {
    good: good.offset,
    bad: bad.offset,
    verdict: judge,
    began: (first, last, count) => streams.note(beginning(first, last, count)),
    judged: ({ version, offset }, verdict) =>
      streams.note(`  v${version}  ${offset}  ${verdict === "bad" ? "BAD" : verdict}`),
  });
  if (streams.json) streams.document({ schema: "session-bisect/1", offset: (await log.tail()).offset, ...result });
  else report(streams, result);
  return result.suspects.length === 1 ? EXIT.done : EXIT.failed;
}

function judgeOf({ run }: BisectOptions, conditions: readonly Condition[], streams: Streams) {
  if ((run === undefined) === (conditions.length === 0)) {
    throw new UsageError("ARGUMENT_INVALID", "bisect takes either --path with a test, or --run", {
      hint: "for example --path prState.exists --equals true",
    });
  }
  return (state: BisectState): Verdict | Promise<Verdict> => {
    if (run !== undefined) return runVerdict(run, state.record, streams);
    return conditions.every((condition) => holds(state.record, condition)) ? "good" : "bad";
  };
}

function beginning(good: BisectState, bad: BisectState, count: number): string {
  const ends = `good v${good.version} (${good.offset}) · bad v${bad.version} (${bad.offset})`;
  const steps = mostSteps(count);
  return `${ends} · ${count} ${count === 1 ? "candidate" : "candidates"} · at most ${steps} ${steps === 1 ? "step" : "steps"}`;
}

function report(streams: Streams, { session, suspects }: BisectResult): void {
  const title = suspects.length === 1 ? "first bad event" : "first bad event, or a later one of these";
  for (const { version, offset, recordedAt, actor, type, reason, changes } of suspects) {
    const why = reason === undefined ? "" : `  ${JSON.stringify(reason)}`;
    streams.lines([
      printable(`${title}: v${version}  offset ${offset}  ${recordedAt}  ${actor}  ${type}${why}`),
      ...changeLines(changes, undefined, "       "),
    ]);
  }
  if (suspects.length === 1)
    streams.note(`next: sessiondb session revert ${shellWord(session)} --event ${suspects[0]?.offset}`);
  else streams.note(`${suspects.length} events are left: the states between them could not be judged`);
}

/** --path and the test that follows it, as often as they come. */
class Conditions {
  readonly #paths: { path: string; test?: ConditionTest }[] = [];

  take(name: "path" | ConditionTest["kind"], value: string): void {
    if (name === "path") {
      this.#paths.push({ path: parseFieldPath(value) });
      return;
    }
    const last = this.#paths.at(-1);
    if (last === undefined || last.test !== undefined) throw unpaired(`--${name} needs a --path before it`);
    last.test = testOf(name, value);
  }

  all(): Condition[] {
    return this.#paths.map(({ path, test }) => {
      if (test === undefined) throw unpaired("--path needs a test after it");
      return { path, test };
    });
  }
}

function testOf(kind: ConditionTest["kind"], value: string): ConditionTest {
  if (kind === "equals") return { kind, text: value };
  if (kind !== "matches") return { kind };
  try {
    return { kind, pattern: new RegExp(value, "u") };
  } catch (cause) {
    throw new UsageError("ARGUMENT_INVALID", `--matches ${JSON.stringify(value)} is no regular expression`, {
      hint: "for example --matches '^pr/'",
      cause,
    });
  }
}

function unpaired(message: string): UsageError {
  return new UsageError("ARGUMENT_INVALID", message, {
    hint: "write --path P --equals J, --path P --matches RE, --path P --exists or --path P --missing",
  });
}
