import type { ConfigSwitchPlan } from "../../cross-database/config-switch.js";
import type { MigrationPlan, ShownEvent } from "../../migrate/migration-plan.js";
import type { MigrationReport } from "../../migrate/migration-report.js";
import { durationText, sizeText } from "./amounts.js";
import { printable } from "./escape.js";
import { renderFields } from "./table.js";

const MAX_CONFLICTS = 20;

/** What `migrate --preview` prints. */
export function planLines(plan: MigrationPlan, config?: ConfigSwitchPlan): string[] {
  const { source, target, events, relation, unstorable, unstorableCount, bytes, freeBytes } = plan;
  const copy =
    events === 0
      ? "nothing"
      : `${plan.from}..${plan.to}    ${events} events   ${sizeText(bytes)}   ${plan.sessions} sessions`;
  const fields: [string, string][] = [
    ["from", `${source.url}  ${source.tail.offset} events, chain ok`],
    ["to", `${target.url}  ${relationText(plan)}`],
    ["copy", copy],
    ["check", `${unstorableCount} values that the target could not hold`],
    ...unstorable.map(({ offset, why }): [string, string] => ["", `offset ${offset}: ${why}`]),
    ["space", `${sizeText(bytes)} to write${freeBytes === undefined ? "" : `, ${sizeText(freeBytes)} free`}`],
    ["time", `about ${durationText(plan.estimatedMs)}    rollback point ${plan.rollbackPoint.offset}`],
    ...(config === undefined ? [] : [["then", configText(config, target.url)] as [string, string]]),
    ...plan.risks.map((risk): [string, string] => ["risk", risk]),
    ...(relation.kind === "diverged" ? divergenceFields(plan) : []),
  ];
  return ["PREVIEW: nothing is written", ...renderFields(fields)];
}

function relationText({ relation, target }: MigrationPlan): string {
  const { common, target: tail } = relation;
  switch (relation.kind) {
    case "empty":
      return target.exists ? "empty" : "not there yet: it is made";
    case "equal":
      return `${tail.offset} events, equal`;
    case "ahead":
      return `${tail.offset} events: all of the source and ${tail.offset - common} more`;
    case "prefix":
      return `${tail.offset} events, same hashes up to ${common}`;
    case "diverged":
      return `${tail.offset} events, same hashes up to ${common} and others after it`;
    default:
      throw new TypeError(`unhandled ${relation.kind satisfies never}`);
  }
}

function configText(config: ConfigSwitchPlan, target: string): string {
  switch (config.kind) {
    case "switch":
      return `${config.file} will name the target`;
    case "blocked":
      return `stays as it is: ${config.why}`;
    case "not-concerned":
      return config.configured === target
        ? "names the target already"
        : `stays as it is: it names ${config.configured}`;
    default:
      throw new TypeError(`unhandled ${config satisfies never}`);
  }
}

function divergenceFields({ divergence }: MigrationPlan): [string, string][] {
  if (divergence === undefined) return [];
  const { conflicts } = divergence;
  const shown = conflicts.slice(0, MAX_CONFLICTS);
  const more = conflicts.length > shown.length ? ` (${conflicts.length - shown.length} more)` : "";
  return [
    ["there", `${divergence.sourceEvents} events, the first: ${eventText(divergence.source)}`],
    ["here", `${divergence.targetEvents} events, the first: ${eventText(divergence.target)}`],
    ["both", `${conflicts.length} streams were changed on both sides${more}`],
    ...shown.map((one): [string, string] => [
      "",
      `${one.stream}: ${one.sourceEvents} events in the source, ${one.targetEvents} in the target`,
    ]),
  ];
}

export function eventText({ offset, recordedAt, actor, type, stream, hash }: ShownEvent): string {
  return `${offset}  ${recordedAt}  ${actor}  ${type}  ${stream}  ${hash.slice(0, 12)}…`;
}

/** What a migration that was executed prints. */
export function reportLines(plan: MigrationPlan, report: MigrationReport): string[] {
  const { id, before, after, states, replaced, rebased } = report;
  const { copyMs, verifyMs } = report.durations;
  const ends = printable(`${report.source} → ${report.target}`);
  const first = replaced === null ? before.offset + 1 : replaced.from;
  const what = id === null ? "nothing new" : `${first}..${after.offset} (${report.events} events)`;
  const lines = [`migrated ${id === null ? "" : `${id}: `}${what} in ${durationText(copyMs)}`, `         ${ends}`];
  if (replaced !== null)
    lines.push(`replaced ${replaced.from}..${replaced.to} of the target, saved in ${printable(replaced.savedAs)}`);
  if ((rebased === null && plan.relation.kind !== "diverged") || replaced !== null) {
    const equal = `tail hashes equal at offset ${after.offset} (${after.hash}), ${states} states equal`;
    lines.push(`verified: ${equal}, in ${durationText(verifyMs)}`);
  }
  if (report.frozen !== null) {
    lines.push(
      printable(`frozen:   ${report.source} at offset ${report.frozen.offset}; its writers are sent to the target`),
    );
  }
  if (report.switched !== null) lines.push(printable(`switched: ${report.switched.file} names the target now`));
  if (rebased !== null) lines.push(...rebasedLines(report));
  return lines;
}

function rebasedLines({ rebased }: MigrationReport): string[] {
  if (rebased === null) return [];
  const { appended, repeated, conflicts } = rebased;
  return [
    `rebased  ${appended} events of the source behind those of the target, ${repeated} were there already`,
    `         ${conflicts.length} streams were changed on both sides`,
    ...conflicts.map(({ stream, sourceEvents, targetEvents }) =>
      printable(`         ${stream}: ${targetEvents} events of the target, then ${sourceEvents} of the source`),
    ),
  ];
}

/** `offset` is the target's, as it is or would be. */
export function planDocument(plan: MigrationPlan, config?: ConfigSwitchPlan) {
  const { source, target, relation, divergence, states: _, ...rest } = plan;
  return {
    schema: "migrate/1",
    preview: true,
    from: source.url,
    to: target.url,
    targetExists: target.exists,
    relation: relation.kind,
    lastCommonOffset: relation.common,
    copied: rest.events,
    before: target.tail,
    offset: rest.events === 0 ? target.tail.offset : source.tail.offset,
    hash: rest.events === 0 ? target.tail.hash : source.tail.hash,
    range: { from: rest.from, to: rest.to },
    bytes: rest.bytes,
    sessions: rest.sessions,
    unstorable: rest.unstorable,
    unstorableCount: rest.unstorableCount,
    freeBytes: rest.freeBytes ?? null,
    estimatedMs: rest.estimatedMs,
    rollbackPoint: rest.rollbackPoint,
    obstacles: rest.obstacles,
    risks: rest.risks,
    transformations: rest.transformations,
    divergence: divergence ?? null,
    switches: config?.kind === "switch" ? config.file : null,
  };
}

export function reportDocument(plan: MigrationPlan, report: MigrationReport) {
  const { id, relation, events, before, after, bytes, sessions, states, durations, replaced, rebased, frozen } = report;
  const switched = report.switched?.file ?? null;
  return {
    schema: "migrate/1",
    preview: false,
    id,
    from: report.source,
    to: report.target,
    relation,
    copied: events,
    before,
    offset: after.offset,
    hash: after.hash,
    sourceOffset: (frozen ?? plan.source.tail).offset,
    ...{ bytes, sessions, states, durations, replaced, rebased, frozen, switched },
  };
}
