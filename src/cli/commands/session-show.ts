import type { Command } from "commander";
import { isObject, valueAt } from "../../../projections/json-leaves.js";
import { type SessionDocument, sessionStream } from "../../../projections/sessions.js";
import { dottedPath } from "../../inspect/changes.js";
import { parseFieldPath } from "../../inspect/field-path.js";
import { pathNotFound } from "../../inspect/path-not-found.js";
import { escapePointer, type Json } from "../../log/canonical.js";
import type { EventLog } from "../../log/event-log.js";
import { shellWord } from "../../log/shell-word.js";
import { SessionStore } from "../../session/session-store.js";
import { type AsOfOptions, asOfOption, resolveAsOf } from "../as-of.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState } from "../command.js";
import { renderFields } from "../output/table.js";

interface ShowOptions extends CommonOptions, AsOfOptions {
  path?: string;
}

export function showCommand(state: RunState): Command {
  const command = leaf<ShowOptions>(state, "show <session>", "show one session, now or as of a point in the log", show)
    .alias("get")
    .option("--path <path>", "only what lies there: prState, prState.exists, /prState/exists")
    .addOption(asOfOption());
  return examples(command, [
    "sessiondb session show auth-refactor --store sqlite:./s.db",
    "sessiondb session show auth-refactor --as-of v1 --path branch --store sqlite:./s.db",
  ]);
}

async function show(context: CommandContext<ShowOptions>, id: string): Promise<undefined> {
  const { openStore, options, storeOption, streams } = context;
  const log = await openStore({ mustExist: true });
  const store = new SessionStore(log);
  const point = await resolveAsOf(log, options, streams, sessionStream(id));
  const document = await store.get(id, point === undefined ? {} : { asOf: point.offset });
  const place = options.path === undefined ? undefined : placeIn(document, options.path);
  const offset = point?.offset ?? (await log.tail()).offset;
  const { record, version, lastOffset, updatedAt, lastActor, faults, faultCount } = document;
  if (streams.json) {
    const shown = {
      schema: "session-show/1",
      offset,
      version,
      lastOffset,
      updatedAt,
      lastActor,
      record,
      faults,
      faultCount,
    };
    streams.document({ ...shown, ...place });
    return;
  }
  streams.lines(renderFields(place === undefined ? fieldsOf(record) : fieldsOf(place.value, place.path)));
  streams.note(`version ${version} · last changed at offset ${lastOffset}, ${updatedAt}, by ${lastActor}`);
  if (faultCount > faults.length) streams.note(`warning: ${faultCount} events were passed over, the last of them:`);
  for (const { offset: at, why } of faults) streams.note(`warning: the event at offset ${at} was passed over: ${why}`);
  if (point !== undefined) streams.note(pastNote(id, version, (await newestVersion(log, id)) ?? version, storeOption));
}

/** @throws NotFoundError PATH_NOT_FOUND */
function placeIn({ id, record }: SessionDocument, text: string): { path: string; value: Json } {
  const path = parseFieldPath(text);
  const value = valueAt(record, path);
  if (value === undefined) throw pathNotFound(id, path, "has nothing");
  return { path, value };
}

/** An object is told member by member, anything else as one value. */
function fieldsOf(value: Json, path = ""): (readonly [string, string])[] {
  if (!isObject(value) || Object.keys(value).length === 0) return [[dottedPath(path), fieldText(value)]];
  return Object.entries(value).map(([name, inner]) => {
    return [dottedPath(`${path}/${escapePointer(name)}`), fieldText(inner)];
  });
}

function fieldText(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

async function newestVersion(log: EventLog, id: string): Promise<number | undefined> {
  return (await log.readLast(sessionStream(id)))?.version;
}

function pastNote(id: string, version: number, now: number, storeOption: string): string {
  const newer = now - version;
  if (newer === 0) return "past state, read-only · no newer events";
  const events = `${newer} newer ${newer === 1 ? "event" : "events"}`;
  const compare = `sessiondb session diff ${shellWord(id)} v${version}..HEAD${storeOption}`;
  return `past state, read-only · ${events} · compare: ${compare}`;
}
