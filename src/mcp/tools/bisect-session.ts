import * as z from "zod";
import { UsageError } from "../../errors.js";
import { bisect } from "../../inspect/bisect.js";
import { type Condition, holds } from "../../inspect/condition.js";
import { parseFieldPath } from "../../inspect/field-path.js";
import { cliLine } from "../cli-line.js";
import { itemsThatFit } from "../clip.js";
import * as inputs from "../inputs.js";
import { defineTool } from "../tool.js";

const input = z.object({
  session: inputs.session,
  good: inputs.point.describe("the condition held then"),
  bad: inputs.point.default("HEAD").describe("and did not hold then"),
  path: inputs.path.describe("the place that the condition looks at"),
  equals: z.unknown().optional().describe("good is: this value is there"),
  exists: z.literal(true).optional().describe("good is: something is there"),
  missing: z.literal(true).optional().describe("good is: nothing is there"),
});

export const bisectSession = defineTool({
  name: "bisect_session",
  title: "Find the first bad event",
  description:
    "Between a point where a condition held and one where it did not: the first event that broke it, in log2(n) steps. Name exactly one of equals, exists, missing.",
  effect: "reads",
  input,
  output: z.object({
    session: z.string(),
    steps: z.number(),
    first_bad: z.looseObject({ offset: z.number(), version: z.number(), actor: z.string() }),
    clipped: z.boolean(),
  }),
  async run(given, context) {
    const { session, good, bad, path } = given;
    const condition = conditionOf(given);
    const ends = {
      good: await inputs.offsetOf(context, good, session),
      bad: await inputs.offsetOf(context, bad, session),
    };
    const { steps, suspects } = await bisect(context.log, session, {
      ...ends,
      verdict: ({ record }) => (holds(record, condition) ? "good" : "bad"),
    });
    const { value, clipped } = itemsThatFit(suspects);
    const { test } = condition;
    return {
      offset: ends.bad,
      cli: cliLine(
        context,
        ...["session", "bisect", session],
        ...([
          ["--good", good],
          ["--bad", bad],
          ["--path", path],
        ] as const),
        ...(test.kind === "equals" ? [["--equals", test.text] as const] : [`--${test.kind}`]),
        "--json",
      ),
      session,
      steps,
      first_bad: value[0],
      clipped,
    };
  },
});

/** No regular expressions here: one that never ends would hold up the whole connection. */
function conditionOf({ path, equals, exists, missing }: z.output<typeof input>): Condition {
  const asked = [equals !== undefined, exists === true, missing === true].filter(Boolean).length;
  if (asked !== 1) {
    throw new UsageError("ARGUMENT_INVALID", "bisect_session takes exactly one of equals, exists and missing", {
      hint: 'for example path "prState.exists", equals true',
    });
  }
  const place = parseFieldPath(path);
  if (equals !== undefined) return { path: place, test: { kind: "equals", text: textOf(equals) } };
  return { path: place, test: { kind: exists === true ? "exists" : "missing" } };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
