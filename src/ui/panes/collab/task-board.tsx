import type { PastTask } from "../../../inspect/past-collab-shapes.js";
import { at, isLive } from "../../live.js";
import { Actor } from "../../parts/actor.js";
import { StoredText } from "../../parts/value.js";
import { When } from "../../parts/when.js";
import { ChangesOf } from "./changes-of.js";
import { useParts } from "./use-parts.js";

const PAGE = 100;
const COLUMNS = ["pending", "claimed", "running", "completed", "failed", "cancelled"] as const;

/** The tasks by their status then: who held which, until when, and how often it was tried. */
export function TaskBoard({ session, time }: { session: string; time: string | null }) {
  const { rows, instead, foot } = useParts<PastTask>(session, "task", PAGE, ["task", "tasks"]);
  if (instead !== undefined) return instead;
  // A lease runs out without an event: in the past it is compared with the time of the selected event.
  const now = isLive.value ? new Date().toISOString() : (time ?? "");
  return (
    <>
      <div class="board">
        {COLUMNS.map((status) => {
          const tasks = rows.filter((task) => task.status === status).sort(asQueued);
          return (
            <section key={status} class={tasks.length === 0 ? "empty" : ""} aria-label={status}>
              <h3>
                {status} <span class="count">{tasks.length}</span>
              </h3>
              <ul>
                {tasks.map((task) => (
                  <TaskCard key={task.key} session={session} task={task} now={now} />
                ))}
              </ul>
            </section>
          );
        })}
      </div>
      {foot}
    </>
  );
}

/** As they are handed out: the highest priority first, of those the oldest. */
function asQueued(a: PastTask, b: PastTask): number {
  return b.priority - a.priority || (a.created < b.created ? -1 : 1);
}

function TaskCard({ session, task, now }: { session: string; task: PastTask; now: string }) {
  return (
    <li class={task.offset === at.value ? "changed" : ""}>
      <strong>
        <StoredText text={task.key} most={60} />
      </strong>
      <p class="sub">
        <StoredText text={task.taskType} most={60} /> for <StoredText text={task.agentName} most={60} />
      </p>
      <p class="sub">
        priority {task.priority} · attempt {task.attempts} of {task.maxAttempts}
      </p>
      <Lease task={task} now={now} />
      {task.completed !== null && (
        <p class="sub">
          ended <When iso={task.completed} withDay />
        </p>
      )}
      {task.error !== null && (
        <p class="bad">
          <StoredText text={task.error} most={160} />
        </p>
      )}
      <ChangesOf
        session={session}
        kind="task"
        id={task.key}
        label={task.version === 1 ? "1 event" : `${task.version} events`}
      />
    </li>
  );
}

/** Who holds it, or did it last; and until when. */
function Lease({ task, now }: { task: PastTask; now: string }) {
  const { claimedBy, processId, readyAt, status } = task;
  const isHeld = status === "claimed" || status === "running";
  return (
    <>
      {claimedBy !== null && (
        <p class="sub">
          {isHeld ? "held by" : "done by"} <Actor name={claimedBy} />
          {processId !== null && <StoredText text={` (${processId})`} most={40} />}
        </p>
      )}
      {isHeld && readyAt !== null && (
        <p class={readyAt < now ? "bad" : "sub"}>
          lease {readyAt < now ? "ran out" : "until"} <When iso={readyAt} />
        </p>
      )}
      {status === "pending" && readyAt !== null && readyAt > now && (
        <p class="sub">
          not before <When iso={readyAt} withDay />
        </p>
      )}
    </>
  );
}
