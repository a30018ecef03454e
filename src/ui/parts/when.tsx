import { clock, day } from "../format.js";

/** Local time; the instant in UTC stands in the title. */
export function When({ iso, withDay = false }: { iso: string; withDay?: boolean }) {
  return (
    <time dateTime={iso} title={iso}>
      {withDay ? `${day(iso)} ` : ""}
      {clock(iso)}
    </time>
  );
}
