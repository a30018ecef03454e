import { AppendOutcomeUnknownError, SessionDbError } from "../errors.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import type { PreparedEvent } from "../log/prepare.js";
import type { SealOutcome } from "../log/seal.js";
import type { OutboxStore } from "./outbox-store.js";
import type { ProvisionalPlaces } from "./provisional-places.js";
import { type Lost, type Sent, sendGroup } from "./send-group.js";
import type { ServerLink } from "./server-link.js";

type Group = readonly (readonly PreparedEvent[])[];

/** The way of a group of appends: to the server, behind what waits; those that get no answer there wait too, in their order. */
export class AppendPath {
  readonly #link: ServerLink;
  readonly #store: OutboxStore;
  readonly #places: ProvisionalPlaces;
  readonly #onQueued: (events: readonly SealedEvent[], why: string) => void;
  readonly #queued = new WeakSet<SealedEvent>();

  constructor(
    link: ServerLink,
    store: OutboxStore,
    places: ProvisionalPlaces,
    onQueued: (events: readonly SealedEvent[], why: string) => void,
  ) {
    this.#link = link;
    this.#store = store;
    this.#places = places;
    this.#onQueued = onQueued;
  }

  /** Whether these were put into the outbox, and not into the server's log. */
  isQueued(events: readonly SealedEvent[]): boolean {
    return events.some((event) => this.#queued.has(event));
  }

  async append(group: Group): Promise<readonly SealOutcome[]> {
    const server = await this.#link.forWriting();
    const sent = server === undefined ? group.map(() => this.#unsent()) : await this.#send(server, group);
    const lost = sent.filter((answer) => answer.kind === "away");
    if (lost.length === 0) return sent as SealOutcome[];
    const rest = group.filter((_, i) => sent[i]?.kind === "away");
    const queued = await this.#enqueue(rest, lost);
    return sent.map((answer) => (answer.kind === "away" ? (queued.shift() as SealOutcome) : answer));
  }

  #unsent(): Lost {
    return { kind: "away", error: this.#link.away?.error, unsure: false };
  }

  async #send(server: EventLog, group: Group): Promise<Sent[]> {
    const isAway = (error: unknown) => this.#link.isAway(error);
    let refused: (SessionDbError | undefined)[];
    try {
      refused = await Promise.all(group.map((append) => this.#places.refusal(append, server)));
    } catch (error) {
      if (!isAway(error)) throw error;
      this.#link.gone(error);
      return group.map(() => this.#unsent());
    }
    const sent = await sendGroup(
      server,
      group.filter((_, i) => refused[i] === undefined),
      isAway,
    );
    const lost = sent.find((answer) => answer.kind === "away");
    if (lost !== undefined) this.#link.gone(lost.error);
    return refused.map((error) => (error === undefined ? (sent.shift() as Sent) : { kind: "refused", error }));
  }

  /** One step for all of them. */
  async #enqueue(rest: Group, lost: readonly Lost[]): Promise<SealOutcome[]> {
    const why = this.#link.away?.code ?? "LOG_LOCKED";
    const unsure = lost.map((one) => one.unsure);
    try {
      const outcomes = await this.#store.enqueue(rest, why, unsure, this.#places);
      for (const outcome of outcomes) if (outcome.kind === "sealed") this.#took(outcome.events, why);
      return outcomes.map((outcome, i) => honest(outcome, lost[i]));
    } catch (error) {
      // What the server has answered before stays answered.
      if (!(error instanceof SessionDbError)) throw error;
      return rest.map((_, i) => honest({ kind: "refused", error }, lost[i]));
    }
  }

  #took(events: readonly SealedEvent[], why: string): void {
    for (const event of events) this.#queued.add(event);
    this.#places.note(events);
    this.#onQueued(events, why);
  }
}

/** What could not be queued may have been written all the same, where the server went away before it answered. */
function honest(outcome: SealOutcome, lost: Lost | undefined): SealOutcome {
  const isUnknown = outcome.kind === "refused" && lost?.error instanceof AppendOutcomeUnknownError;
  return isUnknown ? { kind: "refused", error: lost.error as AppendOutcomeUnknownError } : outcome;
}
