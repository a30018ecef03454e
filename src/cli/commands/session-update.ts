import { resolve } from "node:path";
import type { Command } from "commander";
import type { SessionRecord } from "../../../projections/session-record.js";
import { defined } from "../../defined.js";
import { SessionDbError, UsageError } from "../../errors.js";
import { changesBetween } from "../../inspect/changes.js";
import { type Assignment, assignFields } from "../../session/assign-fields.js";
import { parseRecordPatch, type RecordPatch } from "../../session/record-patch.js";
import { SessionStore } from "../../session/session-store.js";
import { parseSet, parseUnset } from "../assignments.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState, wholeNumber } from "../command.js";
import { changeLines } from "../output/change-lines.js";
import { changed } from "../output/changed.js";
import { textOf } from "../text-input.js";
import { STANDARD } from "../written-file.js";

interface UpdateOptions extends CommonOptions {
  set?: Assignment[];
  unset?: Assignment[];
  patch?: string[];
  expectVersion?: number;
  reason?: string;
  dryRun?: boolean;
}

export function updateCommand(state: RunState): Command {
  const collect = (parse: (text: string) => Assignment) => (text: string, before: Assignment[] | undefined) => [
    ...(before ?? []),
    parse(text),
  ];
  const command = leaf<UpdateOptions>(state, "update <session>", "change fields of a session", update)
    .option(
      "--set <field=value>",
      "give a field a value; may stand several times; prState.exists=false goes inside",
      collect(parseSet),
    )
    .option("--unset <field>", "remove a field; may stand several times", collect(parseUnset))
    .option(
      "--patch <json>",
      "an object is merged into the record (null removes), an array is a JSON Patch; or a file that holds one, - for stdin; before --set",
      (text: string, before: string[] = []) => [...before, text],
    )
    .option(
      "--expect-version <n>",
      "refuse (exit code 4) unless the session is at this version",
      wholeNumber("--expect-version"),
    )
    .option("--reason <text>", "why, for the audit trail")
    .option("--dry-run", "write nothing, say what would be written");
  return examples(command, [
    'sessiondb session update auth-refactor --set status=PR_OPEN --reason "ready for review" --store sqlite:./s.db',
    "sessiondb session update auth-refactor --set prState.exists=false --expect-version 2 --store sqlite:./s.db",
    `sessiondb session update another --patch '{"commitCount":3,"prBranch":null}' --store sqlite:./s.db`,
  ]);
}

async function update({ openStore, options, streams }: CommandContext<UpdateOptions>, id: string): Promise<undefined> {
  const assignments = [...(options.set ?? []), ...(options.unset ?? [])];
  const patches: RecordPatch[] = [];
  for (const given of options.patch ?? []) patches.push(parseRecordPatch(await patchText(given)));
  if (assignments.length + patches.length === 0) {
    throw new UsageError("NOTHING_TO_CHANGE", "update needs at least one --set, --unset or --patch", {
      hint: "for example --set branch=main",
    });
  }
  const { reason, expectVersion, dryRun = false } = options;
  const store = new SessionStore(
    await openStore({ mustExist: true, trial: dryRun }),
    options.actor === undefined ? {} : { actor: options.actor },
  );
  const before = dryRun ? await store.load(id) : null;
  const result = await store.update(
    id,
    (record) => assignFields(patched(record, patches), assignments),
    defined({ reason, expectedVersion: expectVersion }),
  );
  if (before !== null && !streams.json) {
    const changes = changesBetween(before.record, result.document.record);
    for (const line of changeLines(changes, undefined, "  ")) streams.note(line);
  }
  changed(streams, id, result.events, { dryRun });
}

/** What begins like an object or an array is the patch itself; a file's path does not. @throws UsageError PATCH_INVALID */
async function patchText(given: string): Promise<string> {
  if (/^\s*[[{]/.test(given)) return given;
  try {
    return await textOf({ file: given === STANDARD ? given : resolve(given) });
  } catch (cause) {
    if (cause instanceof SessionDbError && cause.code !== "ARGUMENT_INVALID") throw cause;
    throw new UsageError("PATCH_INVALID", "--patch is neither an object, nor an array, nor a file that can be read", {
      hint: `for example --patch '{"branch":"main"}', or --patch ./changes.json`,
      cause,
    });
  }
}

function patched(record: SessionRecord, patches: readonly RecordPatch[]): SessionRecord {
  return patches.reduce((changed, patch) => patch(changed), record);
}
