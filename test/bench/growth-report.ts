import { GROWTH_BACKENDS, type GrowthPoint, type GrowthRow } from "./growth.js";

/** A table for each backend: a row for each kind of work, a column for each size of the log. */
export function growthLines(rows: readonly GrowthRow[]): string[] {
  const [any] = rows;
  if (any === undefined) return ["Not measured yet."];
  const days = [...new Set(rows.map(({ measuredOn }) => measuredOn))].sort().join(", ");
  const tables = GROWTH_BACKENDS.flatMap((backend) => {
    const own = rows.filter((row) => row.backend === backend);
    return own.length === 0 ? [] : ["", ...tableOf(backend, own)];
  });
  return [`${any.machine}. Measured on ${days}.`, ...tables];
}

function tableOf(backend: string, rows: readonly GrowthRow[]): string[] {
  const sizes = (rows[0]?.points ?? []).map(sizeOf);
  const isLarge = rows.some(({ largeFactor }) => largeFactor !== undefined);
  const heads = [backend, ...sizes, ...(isLarge ? ["10,000,000 / 10,000"] : []), "1,000,000 / 10,000", "promised"];
  const lines = rows.map(({ work, points, factor, largeFactor, atMost }) => {
    const verdict = atMost === undefined ? "" : factor <= atMost ? `≤ ${atMost}: yes` : `≤ ${atMost}: **no**`;
    const factors = [...(isLarge ? [largeFactor?.toFixed(2) ?? ""] : []), `**${factor.toFixed(2)}**`];
    return [work, ...points.map(({ ms }) => timeText(ms)), ...factors, verdict];
  });
  const under = ["---", ...heads.slice(2).map(() => "--:"), "---"];
  return [`| ${heads.join(" | ")} |`, `|${under.join("|")}|`, ...lines.map((cells) => `| ${cells.join(" | ")} |`)];
}

function sizeOf({ events, sessions }: GrowthPoint): string {
  return `${events.toLocaleString("en")} events, ${sessions.toLocaleString("en")} sessions`;
}

export function timeText(ms: number): string {
  return ms >= 1000 ? `${(ms / 1000).toPrecision(3)} s` : `${Number(ms.toPrecision(2))} ms`;
}
