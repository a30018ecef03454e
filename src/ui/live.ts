import { batch, computed, effect, signal } from "@preact/signals";
import type { EventRow } from "../inspect/event-rows.js";
import type { AppendedMessage, HelloAnswer, LiveStatus } from "../ui-server/answers.js";
import { ask, type Failure } from "./api.js";
import { go, linkedStore, place, storeName } from "./place.js";

export const hello = signal<HelloAnswer | undefined>(undefined);
export const helloFailure = signal<Failure | undefined>(undefined);
export const status = signal<LiveStatus>({
  ...{ server: "", indexed: 0, tail: 0, generation: 0 },
  ...{ trouble: null, stale: null, movedTo: null },
});
/** Since when the server does not answer; ISO 8601. */
export const lostSince = signal<string | null>(null);
/** The newest events that came while the page was open. */
export const arrived = signal<readonly EventRow[]>([]);

const MAX_ARRIVED = 50;
const SLOW_MS = 1_000;
const RETRY_MS = 2_000;

/** Another one, and everything that the page knows may be wrong. */
export const generation = computed(() => `${status.value.server}.${status.value.generation}`);
/** Whether the server answers, and its store. */
export const isConnected = computed(() => lostSince.value === null && status.value.trouble === null);
/** Whether a server answers that does not know this browser: the one that it knew has ended. */
export const isLockedOut = computed(() => helloFailure.value?.status === 401);
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
    batch(() => {
      [hello.value, helloFailure.value] = [answer, undefined];
      storeName.value = answer.store;
      linkedStore.value ??= answer.store;
      arrived.value = [];
      take(answer);
    });
    if (answer.at !== null && location.search === "") go({ at: answer.at }, "replace");
    listen(answer);
  } catch (error) {
    helloFailure.value = error as Failure;
    // Also where it locks this browser out: the cookie comes when the new link is opened, maybe in another tab.
    setTimeout(() => void connect(), RETRY_MS);
  }
}

function take({ server, indexed, tail, generation, trouble, stale, movedTo }: LiveStatus): void {
  status.value = { server, indexed, tail, generation, trouble, stale, movedTo };
}

/**
 * The browser comes back by itself and says the last id that it had, so nothing is missed. It may come back to another
 * server, which was started at the same port: that one is asked what it is about, as the first one was.
 */
function listen({ server, indexed }: LiveStatus): void {
  const source = new EventSource(`/api/live?after=${indexed}`);
  const takeOf = (status: LiveStatus) => {
    if (status.server === server) return take(status);
    source.close();
    void connect();
  };
  const data = <T>(message: MessageEvent<string>) => JSON.parse(message.data) as T;
  source.addEventListener("open", () => {
    lostSince.value = null;
  });
  source.addEventListener("status", (message) => takeOf(data<LiveStatus>(message)));
  source.addEventListener("reset", (message) => {
    takeOf(data<LiveStatus>(message));
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
