import { computed, effect, signal } from "@preact/signals";
import type { EventRow } from "../inspect/event-rows.js";
import type { AppendedMessage, HelloAnswer, LiveStatus } from "../ui-server/answers.js";
import { ask, type Failure } from "./api.js";
import { go, place, storeName } from "./place.js";

export const hello = signal<HelloAnswer | undefined>(undefined);
export const helloFailure = signal<Failure | undefined>(undefined);
export const status = signal<LiveStatus>({ indexed: 0, tail: 0, generation: 0, trouble: null, stale: null });
/** Since when the server does not answer; ISO 8601. */
export const lostSince = signal<string | null>(null);
/** The newest events that came while the page was open. */
export const arrived = signal<readonly EventRow[]>([]);

const MAX_ARRIVED = 50;
const SLOW_MS = 1_000;
const RETRY_MS = 2_000;

export const generation = computed(() => status.value.generation);
/** The last offset of the log. */
export const tail = computed(() => status.value.tail);
/** Where somebody looks: the place that was chosen, or the end. */
export const at = computed(() => Math.min(place.value.at ?? tail.value, Math.max(tail.value, 0)));
/** Whether the chosen place is behind the end, as that of an older link may be: then the last event is shown. */
export const isBehindEnd = computed(() => tail.value > 0 && (place.value.at ?? 0) > tail.value);
export const isLive = computed(() => place.value.at === null);
export const isReadingUp = computed(() => status.value.indexed < status.value.tail && status.value.trouble === null);

/** What pictures are drawn to: follows the log once a second, so that a busy one does not redraw everything all the time. */
export const drawnTo = signal(0);
let willDraw = false;
effect(() => {
  const { indexed } = status.value;
  if (drawnTo.peek() === 0 || indexed < drawnTo.peek()) {
    drawnTo.value = indexed;
    return;
  }
  if (willDraw) return;
  willDraw = true;
  setTimeout(() => {
    willDraw = false;
    drawnTo.value = status.peek().indexed;
  }, SLOW_MS);
});

export async function connect(): Promise<void> {
  try {
    const answer = await ask<HelloAnswer>("/api/hello");
    [hello.value, helloFailure.value] = [answer, undefined];
    storeName.value = answer.store;
    take(answer);
    if (answer.at !== null && location.search === "") go({ at: answer.at }, "replace");
    listen(answer.indexed);
  } catch (error) {
    helloFailure.value = error as Failure;
    if ((error as Failure).status !== 401) setTimeout(() => void connect(), RETRY_MS);
  }
}

function take({ indexed, tail, generation, trouble, stale }: LiveStatus): void {
  status.value = { indexed, tail, generation, trouble, stale };
}

/** The browser comes back by itself and says the last id that it had, so nothing is missed. */
function listen(after: number): void {
  const source = new EventSource(`/api/live?after=${after}`);
  const data = <T>(message: MessageEvent<string>) => JSON.parse(message.data) as T;
  source.addEventListener("open", () => {
    lostSince.value = null;
  });
  source.addEventListener("status", (message) => take(data<LiveStatus>(message)));
  source.addEventListener("reset", (message) => {
    take(data<LiveStatus>(message));
    arrived.value = [];
    if ((place.peek().at ?? 0) > tail.peek()) go({ at: null, base: null, from: null, to: null }, "replace");
  });
  source.addEventListener("appended", (message) => {
    const { to, rows } = data<AppendedMessage>(message);
    arrived.value = [...arrived.peek(), ...rows].slice(-MAX_ARRIVED);
    take({ ...status.peek(), indexed: to, tail: Math.max(to, tail.peek()) });
  });
  source.addEventListener("error", () => {
    lostSince.value ??= new Date().toISOString();
    if (source.readyState !== EventSource.CLOSED) return;
    source.close();
    setTimeout(() => void connect(), RETRY_MS);
  });
}
