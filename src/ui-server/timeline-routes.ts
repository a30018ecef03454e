import type { Hono } from "hono";
import * as z from "zod";
import { defined } from "../defined.js";
import { eventRows } from "../inspect/event-rows.js";
import { listMarks } from "../inspect/marks.js";
import { searchEvents } from "../inspect/search-events.js";
import { density } from "../inspect/timeline/density.js";
import { facets } from "../inspect/timeline/facets.js";
import { lanes } from "../inspect/timeline/lanes.js";
import { type AroundOptions, matchingOffsets, offsetsAround } from "../inspect/timeline/matching-offsets.js";
import { sessionRows } from "../inspect/timeline/session-rows.js";
import { sizes } from "../inspect/timeline/sizes.js";
import type {
  DensityAnswer,
  EventsAnswer,
  FacetsAnswer,
  LanesAnswer,
  MarksAnswer,
  SearchAnswer,
  SessionsAnswer,
  SizesAnswer,
} from "./answers.js";
import type { LookedAtStore } from "./looked-at-store.js";
import { bucketsForm, count, filterForm, filterOf, offset, parameters, rangeForm, text } from "./parameters.js";

const MAX_ROWS = 300;
const MAX_LANES = 200;
const MAX_SESSIONS = 500;
const MAX_HITS = 100;

/** Questions about many events: what the timeline and the lists show. All of them are bounded by the request, not the log. */
export function timelineRoutes(app: Hono, store: LookedAtStore): void {
  app.get("/api/density", async (c) => {
    const form = { ...rangeForm, ...filterForm, ...bucketsForm, by: z.enum(["type", "actor"]).optional() };
    const { actor, type, only, path, ...options } = parameters(c.req.url, form);
    const columns = await store.columns();
    const filter = await store.filter(columns, filterOf(defined({ actor, type, only, path })));
    const answer = density(columns, filter, defined(options));
    return c.json({ schema: "ui-density/1", offset: columns.count, ...answer } satisfies DensityAnswer);
  });

  app.get("/api/lanes", async (c) => {
    const form = { ...rangeForm, ...filterForm, ...bucketsForm, limit: count(MAX_LANES).optional() };
    const { actor, type, only, path, ...options } = parameters(c.req.url, form);
    const columns = await store.columns();
    const filter = await store.filter(columns, filterOf(defined({ actor, type, only, path })));
    const answer = lanes(columns, filter, defined(options));
    return c.json({ schema: "ui-lanes/1", offset: columns.count, ...answer } satisfies LanesAnswer);
  });

  app.get("/api/facets", async (c) => {
    const { actor, type, only, path, ...range } = parameters(c.req.url, { ...rangeForm, ...filterForm });
    const columns = await store.columns();
    const filter = await store.filter(columns, filterOf(defined({ actor, type, only, path })));
    const answer = facets(columns, filter, defined(range));
    return c.json({ schema: "ui-facets/1", offset: columns.count, ...answer } satisfies FacetsAnswer);
  });

  app.get("/api/sizes", async (c) => {
    const range = parameters(c.req.url, rangeForm);
    const columns = await store.columns();
    const answer = sizes(columns, defined(range));
    return c.json({ schema: "ui-sizes/1", offset: columns.count, ...answer } satisfies SizesAnswer);
  });

  app.get("/api/events", async (c) => {
    const rows = { around: offset.optional(), before: count(MAX_ROWS).optional(), after: count(MAX_ROWS).optional() };
    const asked = parameters(c.req.url, { ...rangeForm, ...filterForm, ...rows });
    const { actor, type, only, path, around, before = 100, after = 100, ...range } = asked;
    const { offset: tail } = await store.log.tail();
    const place = { ...defined(range), around: around ?? tail, before, after };
    const asks = filterOf(defined({ actor, type, only, path }));
    // Without conditions nothing has to be known of the events, so they are there before the log was read up.
    const isPlain = Object.values(asks).every((values) => values.length === 0);
    const found = isPlain ? offsetsAround(tail, place) : await matching(store, asks, place);
    const { moreBefore, moreAfter } = found;
    const answer = { rows: await eventRows(store.log, found.offsets), moreBefore, moreAfter };
    const known = isPlain ? tail : Math.min(tail, store.index.columns.count);
    return c.json({ schema: "ui-events/1", offset: known, ...answer } satisfies EventsAnswer);
  });

  app.get("/api/sessions", async (c) => {
    const form = {
      ...filterForm,
      ...{ at: offset.optional(), from: offset.optional(), text: text.optional() },
      limit: count(MAX_SESSIONS).optional(),
    };
    const { actor, type, only, path, at, limit = 200, ...options } = parameters(c.req.url, form);
    const columns = await store.columns();
    const asOf = Math.min(at ?? columns.count, columns.count);
    const filter = await store.filter(columns, filterOf(defined({ actor, type, only, path })));
    const answer = sessionRows(columns, filter, { ...defined(options), at: asOf, limit });
    return c.json({ schema: "ui-sessions/1", offset: columns.count, at: asOf, ...answer } satisfies SessionsAnswer);
  });

  app.get("/api/search", async (c) => {
    const form = { ...filterForm, text, before: offset.optional(), limit: count(MAX_HITS).optional() };
    const { actor, type, only, path, ...options } = parameters(c.req.url, form);
    const { offset: tail } = await store.log.tail();
    const filter = filterOf(defined({ actor, type, only, path }));
    const found = await searchEvents(store.log, filter, { text: options.text, ...defined(options) });
    return c.json({ schema: "ui-search/1", offset: tail, ...found } satisfies SearchAnswer);
  });

  app.get("/api/marks", async (c) => {
    parameters(c.req.url, {});
    const { offset: tail } = await store.log.tail();
    const marks = (await listMarks(store.log)).map(({ name, offset: at, actor, reason, setAt }) => {
      return { name, offset: at, actor, reason, setAt };
    });
    return c.json({ schema: "ui-marks/1", offset: tail, marks } satisfies MarksAnswer);
  });
}

async function matching(store: LookedAtStore, asks: ReturnType<typeof filterOf>, place: AroundOptions) {
  const columns = await store.columns();
  return matchingOffsets(columns, await store.filter(columns, asks), place);
}
