import type { Command } from "commander";
import type { Task } from "../../../projections/collab-tasks.js";
import type { CollaborativeSessions } from "../../collab/collaborative-sessions.js";
import { defined } from "../../defined.js";
import { type CollabWriteOptions, collabToWrite, noteOf, tell, withReason } from "../collab-door.js";
import { type CommandContext, collected, examples, leaf, type RunState, wholeNumber } from "../command.js";
import { durationMs } from "../duration.js";
import { EXIT } from "../exit-code.js";
import { type GivenJson, jsonOption } from "../text-input.js";

/** What a worker does with a task, and what others do when it does not come back. */
export function taskWorkCommands(state: RunState): Command[] {
  return [claim(state), start(state), heartbeat(state), complete(state), fail(state), cancel(state), requeue(state)];
}

interface WorkOptions extends CollabWriteOptions {
  token: number;
  lease?: number;
  output?: GivenJson;
  artifact?: string[];
  error: string;
  retry?: boolean;
}

type Work = (collab: CollaborativeSessions, id: string, options: WorkOptions) => Promise<Task>;

/** A command about one task, which is told as it is afterwards. */
function work(state: RunState, signature: string, summary: string, act: Work): Command {
  const command = leaf<WorkOptions>(state, `${signature} <task>`, summary, async (context, id = "") => {
    const collab = await collabToWrite(context);
    const task = await act(collab, id, context.options);
    await tell(context.streams, collab.log, "collab-task/1", { task });
  });
  return withReason(command);
}

function withToken(command: Command): Command {
  return command.requiredOption("--token <n>", "the token of your claim", wholeNumber("--token"));
}

function withLease(command: Command): Command {
  return command.option("--lease <time>", "how long you hold it from now on; default 1m", durationMs("--lease", 1));
}

function leaseOf({ lease }: WorkOptions): { leaseMs?: number } {
  return lease === undefined ? {} : { leaseMs: lease };
}

interface ClaimOptions extends CollabWriteOptions {
  as?: string;
  lease?: number;
  process?: string;
}

function claim(state: RunState): Command {
  const summary = "take the next task of an agent; exit code 3 where there is none now";
  const command = leaf<ClaimOptions>(state, "claim <agent>", summary, claimNext);
  return examples(
    withLease(withReason(command))
      .option("--as <name>", "who takes it; default --actor")
      .option("--process <id>", "of the worker, for people to read"),
    ["sessiondb collab task claim claude --as worker-1 --lease 1h --store sqlite:./s.db"],
  );
}

async function claimNext(context: CommandContext<ClaimOptions>, agent = ""): Promise<number> {
  const { options, streams } = context;
  const collab = await collabToWrite(context);
  const task = await collab.tasks.claim(agent, options.as ?? collab.actor, {
    ...noteOf(options),
    ...defined({ leaseMs: options.lease, processId: options.process }),
  });
  if (task !== null || streams.json) await tell(streams, collab.log, "collab-task/1", { task });
  if (task === null) streams.note(`no task for ${agent} can be claimed now`);
  return task === null ? EXIT.notFound : EXIT.done;
}

function start(state: RunState): Command {
  const command = work(state, "start", "say that the work has begun; the lease begins anew", (collab, id, options) =>
    collab.tasks.start(id, options.token, { ...leaseOf(options), ...noteOf(options) }),
  );
  return examples(withLease(withToken(command)), [
    "sessiondb collab task start auth/review-1 --token 2 --lease 1h --store sqlite:./s.db",
  ]);
}

function heartbeat(state: RunState): Command {
  const command = work(
    state,
    "heartbeat",
    "say that you are still at it; the lease begins anew",
    (collab, id, options) => collab.tasks.heartbeat(id, options.token, { ...leaseOf(options), ...noteOf(options) }),
  );
  return examples(withLease(withToken(command)), [
    "sessiondb collab task heartbeat auth/review-1 --token 2 --lease 1h --store sqlite:./s.db",
  ]);
}

function complete(state: RunState): Command {
  const command = work(state, "complete", "it is done", (collab, id, options) => {
    const { token, output, artifact = [] } = options;
    const result = { artifacts: artifact, ...(output === undefined ? {} : { output: output.json }) };
    return collab.tasks.complete(id, token, result, noteOf(options));
  });
  return examples(
    withToken(command)
      .option("--output <json>", "what came out", jsonOption("--output"))
      .option("--artifact <id>", "what was made; may stand several times", collected),
    ["sessiondb collab task complete auth/review-1 --token 2 --output '{\"ok\":true}' --store sqlite:./s.db"],
  );
}

function fail(state: RunState): Command {
  const command = work(
    state,
    "fail",
    "it did not work; it is tried again while attempts are left",
    (collab, id, options) => {
      const { token, error, output, retry = true } = options;
      const result = { error, retry, ...(output === undefined ? {} : { output: output.json }) };
      return collab.tasks.fail(id, token, result, noteOf(options));
    },
  );
  return examples(
    withToken(command)
      .requiredOption("--error <text>", "what went wrong")
      .option("--output <json>", "what came out all the same", jsonOption("--output"))
      .option("--no-retry", "this was the last attempt"),
    [
      "sessiondb collab task claim codex --as worker-2 --lease 1h --store sqlite:./s.db",
      'sessiondb collab task fail auth/review-2 --token 2 --error "no such branch" --store sqlite:./s.db',
    ],
  );
}

function cancel(state: RunState): Command {
  const command = work(state, "cancel", "nobody shall do it, also not who is at it now", (collab, id, options) =>
    collab.tasks.cancel(id, noteOf(options)),
  );
  return examples(command, ["sessiondb collab task cancel auth/review-2 --store sqlite:./s.db"]);
}

function requeue(state: RunState): Command {
  const summary = "give back what lost workers hold; the next claim would do so, too";
  const command = leaf<CollabWriteOptions>(state, "requeue", summary, async (context) => {
    const { options, streams } = context;
    const collab = await collabToWrite(context);
    await tell(streams, collab.log, "collab-requeue/1", {
      tasks: { requeued: await collab.tasks.requeueExpired(noteOf(options)) },
    });
  });
  return examples(withReason(command), ["sessiondb collab task requeue --store sqlite:./s.db"]);
}
