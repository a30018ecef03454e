import { type Command, Option } from "commander";
import { SessionDbError } from "../../errors.js";
import { type Diagnosis, diagnose, type Fixed, fixAll, withoutConfiguration } from "../../inspect/doctor/diagnose.js";
import type { Finding, Severity } from "../../inspect/doctor/finding.js";
import type { PatientOptions } from "../../inspect/doctor/patient.js";
import { isDefaultPlace } from "../../session/configured-store.js";
import { type CommandContext, examples, type ReadOptions, type RunState, readLeaf } from "../command.js";
import { EXIT } from "../exit-code.js";
import { printable } from "../output/escape.js";
import { foldedText } from "../output/folded-text.js";
import { progressLine } from "../output/progress.js";
import type { Streams } from "../output/streams.js";
import { workspaceDiagnosis } from "../workspace-diagnosis.js";

interface DoctorOptions extends ReadOptions {
  fix?: boolean;
}

export function doctorCommand(state: RunState): Command {
  const summary = "what is wrong with the store and around it, why it matters, and what to type";
  // Who acts is configured, too, and the configuration may be what is broken.
  const command = readLeaf<DoctorOptions>(state, "doctor", summary, doctor).addOption(
    new Option("--fix", "mend what is safe to mend, say what was done, and look again"),
  );
  return examples(command, [
    "sessiondb doctor --store sqlite:./s.db",
    "sessiondb doctor --fix --store sqlite:./s.db",
    "sessiondb doctor --store sqlite:./s.db --json",
  ]);
}

async function doctor(context: CommandContext<DoctorOptions>): Promise<number> {
  const { options, streams } = context;
  const asked = askedOf(context);
  const fixes = options.fix === true && !(asked instanceof Error) ? await fixAll(asked) : [];
  const diagnosis = asked instanceof Error ? withoutConfiguration(asked) : await diagnose(asked);
  streams.progress("");
  if (streams.json) printDocument(streams, diagnosis, fixes);
  else printLines(streams, diagnosis, fixes);
  return exitCodeFor(diagnosis.findings);
}

/** The error where the configuration cannot be read: a doctor says so, as everything else that is wrong. */
function askedOf(context: CommandContext<DoctorOptions>): PatientOptions | SessionDbError {
  try {
    return patientOf(context);
  } catch (error) {
    if (error instanceof SessionDbError) return error;
    throw error;
  }
}

function patientOf({ config, store, streams }: CommandContext<DoctorOptions>): PatientOptions {
  const configured = store();
  const lines = new Map<string, (done: number, total: number) => void>();
  return {
    url: configured.url,
    openOptions: configured.options,
    config: config(),
    // What a variable or a file decides, it decides for the commands that mend, too.
    nameStore: configured.source.layer === "flag",
    isDefaultPlace: isDefaultPlace(configured),
    workspaces: workspaceDiagnosis(config),
    onProgress: (check, done, total) => {
      const line = lines.get(check) ?? progressLine(streams, check);
      lines.set(check, line);
      line(done, total);
    },
  };
}

/** The worst finding decides. */
function exitCodeFor(findings: readonly Finding[]): number {
  const has = (severity: Severity) => findings.some((finding) => finding.severity === severity);
  if (has("bad")) return EXIT.integrity;
  const unknown = findings.filter(({ severity }) => severity === "unknown");
  if (unknown.some(({ code }) => code === "unreachable")) return EXIT.unavailable;
  if (unknown.length > 0) return EXIT.failed;
  return has("warn") ? EXIT.differences : EXIT.done;
}

function printDocument(streams: Streams, { store, offset, findings }: Diagnosis, fixes: readonly Fixed[]): void {
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length;
  const counts = { ok: count("ok"), warn: count("warn"), unknown: count("unknown"), bad: count("bad") };
  const ok = counts.ok === findings.length;
  streams.document({ schema: "doctor/1", store, offset, ok, counts, fixes, items: findings });
}

const SHOWN: Readonly<Record<Severity, string>> = { ok: "ok  ", warn: "warn", unknown: "?   ", bad: "BAD " };

function printLines(streams: Streams, { findings }: Diagnosis, fixes: readonly Fixed[]): void {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const fixed = fixes.map(({ check, what, done }) => `${done ? "fixed" : "not fixed"}  ${check}: ${what}`);
  streams.lines([...fixed, ...findings.flatMap((finding) => linesOf(finding, width, streams.width))].map(printable));
  const wrong = findings.filter(({ severity }) => severity !== "ok");
  const fixable = wrong.filter((finding) => finding.fixable).length;
  const next = fixable === 0 ? "" : `, of which sessiondb doctor --fix mends ${fixable}`;
  streams.note(`${findings.length - wrong.length} ok, ${wrong.length} to look at${next}`);
}

/** @param columns of the terminal; undefined where there is none, and then each thing that is said is one line */
function linesOf(finding: Finding, width: number, columns = Infinity): string[] {
  const { check, severity, what, why, mend } = finding;
  const indent = " ".repeat(6 + width + 2);
  const folded = (before: string, text: string) => foldedText(text, columns, before, `${indent}      `);
  const lines = foldedText(what, columns, `${SHOWN[severity]}  ${check.padEnd(width)}  `, indent);
  if (why !== null) lines.push(...folded(`${indent}why:  `, why));
  // A command stays one line, to be pasted.
  if (mend !== null) lines.push(...(mend.kind === "advice" ? folded : joined)(`${indent}mend: `, mend.text));
  return lines;
}

function joined(before: string, text: string): string[] {
  return [`${before}${text}`];
}
