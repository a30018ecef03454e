import { relative } from "node:path";
import { type Command, Option } from "commander";
import { repairWorkspaces, type WorkspaceFinding } from "../../workspace/repair-workspaces.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState } from "../command.js";
import { type Column, renderTable } from "../output/table.js";
import { type BaseDirOptions, baseDirOption, workspaceTools } from "../workspace-tools.js";

/** Of one kind. */
const MAX_HINTS = 5;

interface RepairOptions extends CommonOptions, BaseDirOptions {
  execute?: boolean;
}

export function repairCommand(state: RunState): Command {
  const summary = "compare the records with the folders of the workspaces; --execute mends what loses nothing";
  const command = leaf<RepairOptions>(state, "repair", summary, repair)
    .addOption(new Option("--execute", "mend it: default is to say what would be done").default(false))
    .addOption(baseDirOption());
  return examples(command, ["sessiondb session repair --store sqlite:./s.db"]);
}

async function repair(context: CommandContext<RepairOptions>): Promise<undefined> {
  const { openStore, options, storeOption, config, streams } = context;
  const tools = await workspaceTools(await openStore({ mustExist: true }), { options, config });
  const execute = options.execute === true;
  const { findings, offset } = await repairWorkspaces(tools, { execute, storeOption });
  if (streams.json) {
    const baseDir = tools.folders.baseDir;
    streams.document({ schema: "session-repair/1", offset, baseDir, dryRun: !execute, items: findings });
    return;
  }
  // On a terminal without the base folder, which the last line tells.
  const below = (path: string) =>
    path.startsWith(tools.folders.baseDir) ? relative(tools.folders.baseDir, path) : path;
  const columns: Column<WorkspaceFinding>[] = [
    { title: "FOUND", value: ({ kind }) => kind },
    { title: "SESSION", value: ({ session }) => session, narrow: 14 },
    { title: "PATH", value: ({ path }) => (streams.width === undefined ? path : below(path)), narrow: 16 },
    { title: execute ? "DONE" : "WOULD", value: (finding) => toldOf(finding, execute), narrow: 22 },
  ];
  if (findings.length > 0) streams.lines(renderTable(findings, columns, streams.width));
  for (const hint of hintsOf(findings)) streams.note(hint);
  const open = findings.filter(({ mend, done }) => mend !== null && !done).length;
  const next = open > 0 ? " · --execute mends what can be" : "";
  streams.note(
    `${findings.length} ${findings.length === 1 ? "finding" : "findings"} · ${tools.folders.baseDir}${next}`,
  );
}

/** Of each kind the first ones: a store that was moved to another machine lacks every folder. */
function hintsOf(findings: readonly WorkspaceFinding[]): string[] {
  const counts = new Map<string, number>();
  const hints: string[] = [];
  for (const { kind, session, path, hint } of findings) {
    if (hint === null) continue;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    if (count <= MAX_HINTS) hints.push(`${session ?? path}: ${hint}`);
  }
  for (const [kind, count] of counts) {
    if (count > MAX_HINTS) hints.push(`and ${count - MAX_HINTS} more ${kind}; all of them: --json`);
  }
  return hints;
}

function toldOf({ mend, done }: WorkspaceFinding, execute: boolean): string {
  if (mend === null) return "nothing";
  return execute && !done ? `not done: ${mend}` : mend;
}
