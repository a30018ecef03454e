import type { Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import * as z from "zod";
import { sessionStream, sessions } from "../../projections/sessions.js";
import { RefusedError } from "../errors.js";
import { changesBetween } from "../inspect/changes.js";
import { foldStream } from "../replay/fold-stream.js";
import type { RevertPlan, RevertTarget } from "../session/plan-revert.js";
import { previewRevert, revertSession } from "../session/revert-session.js";
import type { SessionStore } from "../session/session-store.js";
import type { RevertAnswer } from "./answers.js";
import type { LookedAtStore } from "./looked-at-store.js";
import { checked } from "./parameters.js";
import type { Ticket } from "./ticket.js";

/** More than the texts of an act can have, also where every character stands as an escape. */
const MAX_BODY_BYTES = 64 * 1024;

const place = z.int().min(0);
const previewForm = z.strictObject({
  session: z.string().min(1).max(2_000),
  target: z.union([
    z.strictObject({ event: place, force: z.boolean().exactOptional() }),
    z.strictObject({ to: place }),
  ]),
});
const revertForm = previewForm.extend({
  reason: z.string().max(2_000).exactOptional(),
  /** Of the preview that was confirmed: where the session has changed since, nothing is done. */
  version: z.int().min(1),
});

/** The only acts of the page: what `session revert` does, shown first and then done to exactly that version. */
export function revertRoutes(app: Hono, store: LookedAtStore, ticket: Ticket): void {
  const mayAct = (key: string | undefined): SessionStore => {
    if (store.writer === undefined)
      throw notAllowed("this page was opened for reading only", "sessiondb ui --allow-write");
    if (!ticket.mayAct(key)) throw notAllowed("the request does not come from the page", "reload the page");
    return store.writer;
  };

  app.use("/api/revert/*", bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLong }));

  app.post("/api/revert/preview", async (c) => {
    const writer = mayAct(c.req.header("x-sessiondb-key"));
    const { session, target } = checked(await c.req.json().catch(() => undefined), previewForm);
    // Read first: what comes between makes the version too old, and then nothing is done.
    const { version } = await foldStream(writer.log, sessions, sessionStream(session));
    const plan = await previewRevert(writer, session, target as RevertTarget);
    return c.json(await answerOf(store, session, version, plan, []));
  });

  app.post("/api/revert", async (c) => {
    const writer = mayAct(c.req.header("x-sessiondb-key"));
    const { session, target, version, ...options } = checked(await c.req.json().catch(() => undefined), revertForm);
    const done = await revertSession(writer, session, target as RevertTarget, { ...options, expectedVersion: version });
    const written = done.events.map(({ offset }) => offset);
    return c.json(await answerOf(store, session, version + written.length, done, written));
  });
}

async function answerOf(
  store: LookedAtStore,
  session: string,
  version: number,
  { before, after, conflicts }: RevertPlan,
  written: readonly number[],
): Promise<RevertAnswer> {
  const { offset } = await store.log.tail();
  const changes = changesBetween(before, after);
  return { schema: "ui-revert/1", offset, session, version, changes, conflicts, written };
}

function tooLong(c: Context): Response {
  const message = `the request has more than ${MAX_BODY_BYTES} bytes`;
  const hint = "docs/ui.md lists what each address takes";
  return c.json({ error: { code: "ARGUMENT_INVALID", message, hint } }, 413);
}

function notAllowed(message: string, hint: string): RefusedError {
  return new RefusedError("UI_WRITE_REFUSED", message, { hint });
}
