import { freeze } from "immer";
import { agentStream, partIdOf, partStream } from "../../projections/collab-streams.js";
import { collabTasks, type Task } from "../../projections/collab-tasks.js";
import type { SealedEvent } from "../log/event.js";
import type { QueueClaimed, QueueTaken } from "../log/queue-claim.js";
import { foldStream } from "../replay/fold-stream.js";
import { parsedDocument } from "../replay/read-model/parsed-document.js";
import type { ReadModel } from "../replay/read-model/read-model.js";
import { type CollabLog, type CollabNote, documentAfter } from "./collab-log.js";
import { type Claim, claimedEvent, timeAt } from "./decide-task.js";

/** What one caller wants: who claims, and what he says of it. */
export interface Asked {
  readonly by: Omit<Claim, "nowMs">;
  readonly note: CollabNote;
}

/** The tables may be behind again when they were caught up; after so many times the longer way is taken. */
const MAX_CATCH_UPS = 8;

/** Claims of tasks by a server that looks and appends in one act, for agents whose number of tasks has no limit. */
export class ClaimsByServer {
  readonly #collab: CollabLog;
  readonly #model: ReadModel<Task>;

  constructor(collab: CollabLog, model: ReadModel<Task>) {
    this.#collab = collab;
    this.#model = model;
  }

  /**
   * @param unlimitedAt version of the agent's stream at which it had no limit
   * @returns the tasks, the first for the first who asked; fewer where no more could be handed out at once, none where
   *   there are none; "guarded" where the agent may have a limit by now; undefined where the claims must go another way
   */
  async claim(
    agentName: string,
    asked: readonly Asked[],
    unlimitedAt: number,
  ): Promise<readonly Task[] | "guarded" | undefined> {
    for (let behind = 0; behind <= MAX_CATCH_UPS; behind++) {
      const claimed = await this.#ask(agentName, asked, unlimitedAt);
      switch (claimed?.outcome) {
        case "claimed":
          this.#collab.tell(claimed.taken.map(({ event }) => event));
          return Promise.all(claimed.taken.map((taken) => this.#taskOf(taken)));
        case "none":
          return [];
        case "guarded":
          return claimed.outcome;
        case "behind":
          if (!(await this.#model.catchUp())) return undefined;
          break;
        default:
          return undefined;
      }
    }
    return undefined;
  }

  async #ask(agentName: string, asked: readonly Asked[], version: number): Promise<QueueClaimed | undefined> {
    const nowMs = this.#collab.nowMs();
    const { log, actor } = this.#collab;
    const events = asked.map(({ by, note }) => ({
      ...claimedEvent({ ...by, nowMs }, note),
      ...(note.actor === undefined ? {} : { actor: note.actor }),
    }));
    return log.claimFirst?.(
      {
        shape: this.#model.shape,
        owner: agentName,
        readyBy: timeAt(nowMs),
        streamPrefix: partStream("task", ""),
        events,
        guard: { stream: agentStream(agentName), type: "agent.registered", version },
      },
      { actor },
    );
  }

  /** The table may have the task as it was before the claim, or later. */
  async #taskOf({ event, body }: QueueTaken): Promise<Task> {
    const before = body === undefined ? undefined : parsedDocument<Task>(collabTasks.name, body);
    if (before?.version === event.version - 1) return documentAfter(collabTasks, freeze(before, true), [event]);
    return this.#taskAt(event);
  }

  async #taskAt({ stream, offset }: SealedEvent): Promise<Task> {
    const { document } = await foldStream(this.#collab.log, collabTasks, stream, offset);
    if (document === null) throw new TypeError(`${partIdOf("task", stream)} was claimed and is no task`);
    return document;
  }
}
