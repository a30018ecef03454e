import * as z from "zod";
import type { Task } from "../../../projections/collab-tasks.js";
import type { TaskQueue } from "../../collab/task-queue.js";
import { UsageError } from "../../errors.js";
import { cliLine } from "../cli-line.js";
import { leaseSeconds, partId, taskId, token } from "../collab-inputs.js";
import { toldTask } from "../collab-items.js";
import * as inputs from "../inputs.js";
import { defineTool } from "../tool.js";
import { reason } from "../written.js";

const input = z.object({
  task: taskId,
  token,
  outcome: z
    .enum(["working", "completed", "failed"])
    .describe("working: you are at it, and your lease begins anew; the others end your claim"),
  output: z.unknown().optional().describe("any JSON: what came out; not with working"),
  artifacts: z.array(partId).max(100).optional().describe("with completed: ids of what was made"),
  error: z.string().min(1).max(100_000).optional().describe("with failed: what went wrong"),
  retry: z.boolean().optional().describe("with failed: false where trying again is of no use; default true"),
  lease_seconds: leaseSeconds.describe("with working: you hold the task for so long from now on"),
  reason: reason.optional(),
});

type Report = z.output<typeof input>;

export const reportTask = defineTool({
  name: "report_task",
  title: "Report on a task",
  description:
    "Tells how it goes with a task that you claimed: that you are working on it, that it is completed, or that it failed (then it is tried again while attempts are left). Refused where your lease is gone.",
  effect: "changes",
  input,
  output: z.object({
    task: z.looseObject({ task: z.string(), status: z.string(), attempts: z.number() }),
    clipped: z.boolean(),
  }),
  async run(report, context) {
    assertFits(report);
    const { tasks } = context.collab;
    const task = await told(report, tasks);
    const offset = await inputs.offsetOf(context, undefined);
    return { offset, cli: cliLine(context, "collab", "task", "show", report.task, "--json"), ...toldTask(task) };
  },
});

function told(report: Report, tasks: TaskQueue): Promise<Task> {
  const { task, token, outcome, output, artifacts = [], error = "", retry = true, reason } = report;
  const note = reason === undefined ? {} : { reason };
  const result = output === undefined ? {} : { output };
  switch (outcome) {
    case "working":
      return working(report, tasks, note);
    case "completed":
      return tasks.complete(task, token, { ...result, artifacts }, note);
    case "failed":
      return tasks.fail(task, token, { ...result, error, retry }, note);
    default:
      throw new TypeError(`unhandled ${outcome satisfies never}`);
  }
}

/** The first report is the beginning of the work. */
async function working({ task, token, lease_seconds }: Report, tasks: TaskQueue, note: object): Promise<Task> {
  const lease = { leaseMs: lease_seconds * 1_000, ...note };
  const { status } = await tasks.get(task);
  return status === "running" ? tasks.heartbeat(task, token, lease) : tasks.start(task, token, lease);
}

/** What does not belong to the outcome is a misunderstanding, and nothing of it shall be lost in silence. */
function assertFits({ outcome, output, artifacts, error, retry }: Report): void {
  const strangers = Object.entries({
    output: output !== undefined && outcome === "working",
    artifacts: artifacts !== undefined && outcome !== "completed",
    error: error !== undefined && outcome !== "failed",
    retry: retry !== undefined && outcome !== "failed",
  }).flatMap(([name, isStrange]) => (isStrange ? [name] : []));
  if (strangers.length > 0) throw misfit(`${strangers.join(", ")} cannot stand with outcome ${outcome}`);
  if (outcome === "failed" && error === undefined) throw misfit("outcome failed needs error: what went wrong");
}

function misfit(message: string): UsageError {
  return new UsageError("ARGUMENT_INVALID", message, { hint: "call report_task again; nothing was written" });
}
