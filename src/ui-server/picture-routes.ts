import type { Hono } from "hono";
import { defined } from "../defined.js";
import { actorTypes } from "../inspect/timeline/actor-types.js";
import { heat, MAX_HEAT_BUCKETS, MAX_HEAT_ROWS } from "../inspect/timeline/heat.js";
import type { HeatAnswer, MatrixAnswer } from "./answers.js";
import type { LookedAtStore } from "./looked-at-store.js";
import { countFrom1, filterForm, filterOf, parameters, rangeForm } from "./parameters.js";

/** Questions about what changes and who does what: pictures of the range that the timeline shows, bounded by the request. */
export function pictureRoutes(app: Hono, store: LookedAtStore): void {
  app.get("/api/heat", async (c) => {
    const form = {
      ...{ ...rangeForm, ...filterForm },
      ...{ buckets: countFrom1(MAX_HEAT_BUCKETS).optional(), limit: countFrom1(MAX_HEAT_ROWS).optional() },
    };
    const { actor, type, only, path, ...options } = parameters(c.req.url, form);
    const columns = await store.columns();
    const asked = filterOf(defined({ actor, type, only, path }));
    const filter = await store.filter(columns, asked);
    const places = await store.places(columns);
    const answer = heat(columns, places, filter, { ...defined(options), paths: asked.paths });
    const known = Math.min(columns.count, places.count);
    return c.json({ schema: "ui-heat/1", offset: known, ...answer } satisfies HeatAnswer);
  });

  app.get("/api/matrix", async (c) => {
    const { actor, type, only, path, ...range } = parameters(c.req.url, { ...rangeForm, ...filterForm });
    const columns = await store.columns();
    const filter = await store.filter(columns, filterOf(defined({ actor, type, only, path })));
    const answer = actorTypes(columns, filter, defined(range));
    return c.json({ schema: "ui-matrix/1", offset: columns.count, ...answer } satisfies MatrixAnswer);
  });
}
