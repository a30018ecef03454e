import type { Hono } from "hono";
import { eventAt } from "../inspect/event-at.js";
import { eventItem } from "../inspect/event-item.js";
import { eventRow } from "../inspect/event-rows.js";
import { storedDataHash } from "../log/event.js";
import { encodeLine } from "../log/event-line.js";
import { MigrationJournal } from "../migrate/journal.js";
import { shownState } from "../migrate/journal-entry.js";
import type { EventAnswer, MigrationsAnswer, StepAnswer } from "./answers.js";
import type { LookedAtStore } from "./looked-at-store.js";
import { offset, parameters } from "./parameters.js";

/** Questions about one event, and about how this log came here. */
export function eventRoutes(app: Hono, store: LookedAtStore): void {
  app.get("/api/event", async (c) => {
    const { at } = parameters(c.req.url, { at: offset });
    const { event, prevHash, chainOk } = await eventAt(store.log, at);
    const { offset: tail } = await store.log.tail();
    const answer = {
      event: event.toJSON(),
      item: eventItem(event),
      dataHash: storedDataHash(event),
      prevHash,
      chainOk,
      lineBytes: Buffer.byteLength(encodeLine(event)),
    };
    return c.json({ schema: "ui-event/1", offset: tail, ...answer } as unknown as EventAnswer);
  });

  app.get("/api/step", async (c) => {
    const { at } = parameters(c.req.url, { at: offset });
    const { event } = await eventAt(store.log, at);
    const { offset: tail } = await store.log.tail();
    const row = eventRow(event);
    const none = { changes: [], fault: undefined };
    const { changes, fault = null } = row.session === null ? none : await store.states.changesOf(row.session, event);
    return c.json({ schema: "ui-step/1", offset: tail, row, changes, fault } satisfies StepAnswer);
  });

  app.get("/api/migrations", async (c) => {
    parameters(c.req.url, {});
    const { offset: tail } = await store.log.tail();
    const { entries, unreadable } = await new MigrationJournal(store.log).list();
    const now = new Date();
    const migrations = entries.map((entry) => ({ ...entry, shown: shownState(entry, now) }));
    return c.json({ schema: "ui-migrations/1", offset: tail, migrations, unreadable } satisfies MigrationsAnswer);
  });
}
