import type { MigrationsAnswer } from "../../ui-server/answers.js";
import { useAnswer } from "../answer.js";
import { number, visible } from "../format.js";
import { drawnTo } from "../live.js";
import { FailureNotice, Notice } from "../parts/notice.js";
import { When } from "../parts/when.js";
import { goTo } from "../walk.js";

/** How this log came here: the migrations whose target it was. */
export function MigrationsStrip() {
  const { data, failure } = useAnswer<MigrationsAnswer>("/api/migrations", drawnTo.value);
  if (failure !== undefined) return <FailureNotice failure={failure} />;
  if (data === undefined) return <div class="strip-body" />;
  if (data.migrations.length === 0 && data.unreadable.length === 0) {
    return (
      <Notice title="No migration came into this store.">
        <p>
          Its target keeps the journal of a migration: <code>sessiondb migrate --from URL --to URL</code>
        </p>
      </Notice>
    );
  }
  return (
    <div class="migrations">
      <table>
        <thead>
          <tr>
            <th>Began</th>
            <th>State</th>
            <th>From</th>
            <th class="number">Events</th>
            <th>Tail before → after</th>
            <th>Hash</th>
          </tr>
        </thead>
        <tbody>
          {data.migrations.map((one) => (
            <tr key={one.id}>
              <td>
                <When iso={one.startedAt} withDay />
              </td>
              <td>
                <span class={`state state-${one.shown}`}>{one.shown}</span>
                {one.error !== null && <span class="why"> {visible(one.error.message)}</span>}
              </td>
              <td class="long">{visible(one.source)}</td>
              <td class="number">{number(one.events)}</td>
              <td>
                <button type="button" class="link" onClick={() => goTo(one.before.offset)}>
                  {number(one.before.offset)}
                </button>{" "}
                →{" "}
                <button type="button" class="link" onClick={() => goTo((one.after ?? one.reached).offset)}>
                  {number((one.after ?? one.reached).offset)}
                </button>
              </td>
              <td>
                <code title={(one.after ?? one.reached).hash}>{(one.after ?? one.reached).hash.slice(0, 12)}</code>
                {one.after !== null && one.after.hash === one.planned.hash && " = source"}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {data.unreadable.length > 0 && <p>{data.unreadable.length} entries of the journal cannot be read.</p>}
    </div>
  );
}
