import type { Growth } from "../../inspect/growth.js";
import { type Amount, type AmountsBy, type LogStats, MAX_TOLD_APART } from "../../inspect/log-stats.js";
import type { StoreSizes } from "../../inspect/store-sizes.js";
import { sizeText } from "./amounts.js";
import { type Column, renderFields, renderTable } from "./table.js";

export interface StatsLook {
  readonly store: string;
  /** Of types, categories, streams and days. */
  readonly top: number;
  /** Of the terminal; without one, bytes are numbers and nothing is cut. */
  readonly width: number | undefined;
}

interface Row extends Amount {
  readonly name: string;
}

/** One table under another, each with the share that its rows have of everything that was counted. */
export function statsLines(stats: LogStats, storage: StoreSizes | null, look: StatsLook): string[] {
  const { types, categories, streams } = stats;
  const table = (title: string, rows: readonly Row[]) => amountTable(title, rows, stats.bytes, look);
  return [
    summary(stats, look),
    table("TYPE", rowsOf(types)),
    table("CATEGORY", rowsOf(categories)),
    table("STREAM", rowsOf(streams)),
    table("DAY", dayRows(stats, look.top)),
    growthTable(stats.growth, look),
    storageTable(storage, look),
  ]
    .filter((lines) => lines.length > 0)
    .flatMap((lines, i) => (i === 0 ? lines : ["", ...lines]));
}

/** What has to be known of figures that are not exact. */
export function inexactLines({ types, categories, streams }: LogStats): string[] {
  const lists: [string, AmountsBy][] = [
    ["types", types],
    ["categories", categories],
    ["streams", streams],
  ];
  return lists.flatMap(([what, { exact, lacksAtMost }]) => {
    const why = `more than ${2 * MAX_TOLD_APART} ${what} are not told apart exactly`;
    return exact ? [] : [`${why}: each of these may have up to ${lacksAtMost} bytes more; larger ones are not missing`];
  });
}

function summary({ head, events, bytes, dataBytes, redacted, first, last }: LogStats, look: StatsLook): string[] {
  const size = sizes(look);
  const range = first === null || last === null ? "" : `, offsets ${first.offset}..${last.offset}`;
  return renderFields([
    ["store", look.store],
    ["events", `${events}${range} of ${head}`],
    ["recorded", first === null || last === null ? "-" : `${first.recordedAt} to ${last.recordedAt}`],
    ["bytes", `${size(bytes)} as lines of JSONL, ${size(dataBytes)} of them data and meta`],
    ...(redacted === 0 ? [] : [["redacted", `${redacted} events`] as const]),
  ]);
}

function rowsOf({ items, others, keys }: AmountsBy): Row[] {
  const left = keys === null ? "others" : `${keys - items.length} others`;
  const rows = items.map(({ key: name, events, bytes }) => ({ name, events, bytes }));
  return others.events === 0 ? rows : [...rows, { name: `(${left})`, ...others }];
}

/** The newest, oldest first, behind what was before them. */
function dayRows({ days, earlier }: LogStats, top: number): Row[] {
  const shown = days.slice(Math.max(0, days.length - top)).map(({ day: name, ...amount }) => ({ name, ...amount }));
  const before = { events: earlier.events, bytes: earlier.bytes };
  for (const { events, bytes } of days.slice(0, days.length - shown.length)) {
    before.events += events;
    before.bytes += bytes;
  }
  return before.events === 0 ? shown : [{ name: "(before)", ...before }, ...shown];
}

function amountTable(title: string, rows: readonly Row[], whole: number, look: StatsLook): string[] {
  if (rows.length === 0) return [];
  const size = sizes(look);
  const columns: Column<Row>[] = [
    { title, value: ({ name }) => name, narrow: 16 },
    { title: "EVENTS", value: ({ events }) => events, align: "right" },
    { title: "BYTES", value: ({ bytes }) => size(bytes), align: "right" },
    { title: "SHARE", value: ({ bytes }) => share(bytes, whole), align: "right" },
  ];
  return renderTable(rows, columns, look.width);
}

function growthTable(growth: readonly Growth[], look: StatsLook): string[] {
  if (growth.length === 0) return [];
  const size = sizes(look);
  const columns: Column<Growth>[] = [
    { title: "LAST DAYS", value: ({ days }) => days },
    { title: "EVENTS", value: ({ events }) => events, align: "right" },
    { title: "BYTES", value: ({ bytes }) => size(bytes), align: "right" },
    { title: "EVENTS A DAY", value: ({ eventsPerDay }) => eventsPerDay, align: "right" },
    { title: "BYTES A DAY", value: ({ bytesPerDay }) => size(bytesPerDay), align: "right" },
  ];
  return renderTable(growth, columns, look.width);
}

function storageTable(storage: StoreSizes | null, look: StatsLook): string[] {
  if (storage === null) return [];
  const size = sizes(look);
  const columns: Column<{ readonly part: string; readonly bytes: number }>[] = [
    { title: "ON DISK NOW", value: ({ part }) => part },
    { title: "BYTES", value: ({ bytes }) => size(bytes), align: "right" },
    { title: "SHARE", value: ({ bytes }) => share(bytes, storage.bytes), align: "right" },
  ];
  return renderTable([...storage.parts, { part: "(all)", bytes: storage.bytes }], columns, look.width);
}

function share(bytes: number, whole: number): string {
  return whole === 0 ? "-" : `${((100 * bytes) / whole).toFixed(1)} %`;
}

function sizes({ width }: StatsLook): (bytes: number) => string | number {
  return width === undefined ? (bytes) => bytes : sizeText;
}
