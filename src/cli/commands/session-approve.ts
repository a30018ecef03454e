import type { Command } from "commander";
import { defined } from "../../defined.js";
import { approveSession } from "../../workspace/approve-session.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState, wholeNumber } from "../command.js";
import { changed } from "../output/changed.js";
import { type BaseDirOptions, baseDirOption, workspaceTools } from "../workspace-tools.js";

interface ApproveOptions extends CommonOptions, BaseDirOptions {
  reason?: string;
  expectVersion?: number;
  dryRun?: boolean;
}

export function approveCommand(state: RunState): Command {
  const command = leaf<ApproveOptions>(state, "approve <session>", "approve the session's pull request", approve)
    .option("--reason <text>", "why, for the audit trail")
    .option(
      "--expect-version <n>",
      "refuse (exit code 4) unless the session is at this version",
      wholeNumber("--expect-version"),
    )
    .option("--dry-run", "look for the pull request, write nothing, say what would be written")
    .addOption(baseDirOption());
  return examples(command, ['sessiondb session approve docs-site --reason "looks right" --store sqlite:./s.db']);
}

async function approve(
  { openStore, options, config, streams }: CommandContext<ApproveOptions>,
  id: string,
): Promise<undefined> {
  const { reason, expectVersion, dryRun = false } = options;
  const tools = await workspaceTools(await openStore({ mustExist: true, trial: dryRun }), { options, config });
  const { events, pr } = await approveSession(tools, id, defined({ reason, expectedVersion: expectVersion }));
  changed(streams, id, events, { dryRun });
  streams.note(
    `${pr.branch} exists: ${pr.source === "cache" ? "checked" : `says the ${pr.source},`} at ${pr.checkedAt}`,
  );
}
