import type { Config } from "../config/layers.js";
import { advice, command, type Seen } from "../inspect/doctor/finding.js";
import type { Patient } from "../inspect/doctor/patient.js";
import { ReadOnlyLog } from "../log/read-only-log.js";
import { repairWorkspaces, type WorkspaceFinding } from "../workspace/repair-workspaces.js";
import { workspaceTools } from "./workspace-tools.js";

/** Of one kind; a store that was moved to another machine lacks every folder. */
const MAX_TOLD = 5;

const WHY: Readonly<Record<WorkspaceFinding["kind"], string>> = {
  "start-running": "",
  "start-abandoned": "it takes room, and nothing refers to it",
  "start-unrecorded": "the workspace is complete, and no list shows it",
  "folder-without-record": "no list shows it",
  "folder-of-deleted": "it takes room; its session is gone",
  "folder-unknown": "no session can have a folder of this name, or it is no repository",
  "record-without-folder": "commands that work in its folder fail",
};

/** Compares records and folders as `session repair` does, for the doctor. */
export function workspaceDiagnosis(config: () => Config): (patient: Patient) => Promise<readonly Seen[]> {
  return async (patient) => {
    // Taking a snapshot on the way would be a change.
    const log = new ReadOnlyLog(await patient.log());
    const { findings } = await repairWorkspaces(await workspaceTools(log, { options: {}, config }), {
      storeOption: patient.storeOption,
    });
    return [...byKind(findings).values()].flatMap((ofKind) => told(patient, config, ofKind));
  };
}

function byKind(findings: readonly WorkspaceFinding[]): Map<string, WorkspaceFinding[]> {
  const kinds = new Map<string, WorkspaceFinding[]>();
  for (const finding of findings) kinds.set(finding.kind, [...(kinds.get(finding.kind) ?? []), finding]);
  return kinds;
}

function told(patient: Patient, config: () => Config, ofKind: readonly WorkspaceFinding[]): Seen[] {
  const seen = ofKind.slice(0, MAX_TOLD).map((finding) => seenOf(patient, config, finding));
  const [first] = seen;
  if (first === undefined || ofKind.length <= MAX_TOLD) return seen;
  const { code, severity, why = "" } = first;
  const what = `and ${ofKind.length - MAX_TOLD} more`;
  return [...seen, { code, severity, what, why, mend: command(`sessiondb session repair${patient.storeOption}`) }];
}

function seenOf(patient: Patient, config: () => Config, { kind, session, path, mend, hint }: WorkspaceFinding): Seen {
  const what = `${session ?? "no session"}: ${path}`;
  if (kind === "start-running") return { code: kind, severity: "ok", what: `${what} is being made` };
  const wrong = { code: kind, severity: "warn" as const, what, why: WHY[kind] };
  if (mend === null) return { ...wrong, mend: advice(hint ?? "look at it") };
  return {
    ...wrong,
    mend: command(`sessiondb session repair --execute${patient.storeOption}`),
    fix: async () => {
      const { result } = await patient.writing(async (log) => {
        return repairWorkspaces(await workspaceTools(log, { options: {}, config }), { execute: true });
      });
      const left = result.findings.find((one) => one.path === path && !one.done);
      if (left !== undefined) throw new Error(left.hint ?? `${path} was left alone`);
      return `${mend}: ${what}`;
    },
  };
}
