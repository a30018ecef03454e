import type { Hono } from "hono";
import * as z from "zod";
import { SEARCH_KINDS } from "../collab/search.js";
import { defined } from "../defined.js";
import { collabChanges } from "../inspect/collab-changes.js";
import { collabContent } from "../inspect/collab-content.js";
import type { PastPageOptions } from "../inspect/past-collab.js";
import type {
  ArtifactsAnswer,
  ChunksAnswer,
  CollabAnswer,
  CollabChangesAnswer,
  CollabContentAnswer,
  CollabSearchAnswer,
  CollabsAnswer,
  MemoriesAnswer,
  TasksAnswer,
} from "./answers.js";
import type { LookedAtStore } from "./looked-at-store.js";
import { count, countFrom1, offset, parameters, text } from "./parameters.js";

const MAX_ROWS = 200;
const MAX_HITS = 100;

const pageForm = { at: offset.optional(), skip: offset.optional(), limit: count(MAX_ROWS).optional() };
const kind = z.enum(["chunk", "memory", "task", "artifact"]);
type Kind = z.infer<typeof kind>;

/** Questions about collaborative sessions as they were. Lists hold beginnings of texts; a text is asked for by its event. */
export function collabRoutes(app: Hono, store: LookedAtStore): void {
  app.get("/api/collabs", async (c) => {
    const { at: asked, ...page } = parameters(c.req.url, { ...pageForm, text: text.optional() });
    const { at, tail } = await placeOf(store, asked);
    const found = await store.collab.sessions(at, defined(page));
    return c.json({ schema: "ui-collabs/1", offset: tail, at, ...found } satisfies CollabsAnswer);
  });

  app.get("/api/collab", async (c) => {
    const { session, at: asked } = parameters(c.req.url, { session: text, at: offset.optional() });
    const { at, tail } = await store.offset(asked);
    const columns = await store.columnsTo(at);
    const found = (await store.collab.session(session, at)) ?? null;
    const time = at === 0 ? null : columns.recordedAt(at);
    return c.json({ schema: "ui-collab/1", offset: tail, at, time, found } satisfies CollabAnswer);
  });

  app.get("/api/collab-parts", async (c) => {
    const form = { ...pageForm, session: text, kind };
    const { session, kind: wanted, at: asked, ...page } = parameters(c.req.url, form);
    const { at, tail } = await placeOf(store, asked);
    const found = await partsOf(store, wanted, session, at, defined(page));
    return c.json({ schema: "ui-collab-parts/1", offset: tail, at, session, ...found } satisfies PartsAnswer);
  });

  app.get("/api/collab-search", async (c) => {
    const form = { text: text.min(1), session: text.optional(), kind: z.array(z.enum(SEARCH_KINDS)).max(3).optional() };
    const asked = parameters(c.req.url, { ...form, limit: countFrom1(MAX_HITS).optional() });
    const { text: query, kind: kinds, ...options } = asked;
    const found = await store.collabNow.searchAsIs(query, defined({ ...options, kinds }));
    return c.json({ schema: "ui-collab-search/1", text: query, ...found } satisfies CollabSearchAnswer);
  });

  app.get("/api/collab-content", async (c) => {
    const { at } = parameters(c.req.url, { at: offset });
    const { tail } = await store.offset(at);
    const content = await collabContent(store.log, at);
    return c.json({ schema: "ui-collab-content/1", offset: tail, at, ...content } satisfies CollabContentAnswer);
  });

  app.get("/api/collab-changes", async (c) => {
    const form = { session: text, kind, key: text, at: offset.optional() };
    const { at: asked, ...thing } = parameters(c.req.url, form);
    const { at, tail } = await store.offset(asked);
    const changes = await collabChanges(store.log, { ...thing, at });
    return c.json({ schema: "ui-collab-changes/1", offset: tail, at, ...changes } satisfies CollabChangesAnswer);
  });
}

type PartsAnswer = ChunksAnswer | MemoriesAnswer | TasksAnswer | ArtifactsAnswer;

async function partsOf({ collab }: LookedAtStore, kind: Kind, session: string, at: number, page: PastPageOptions) {
  switch (kind) {
    case "chunk":
      return { kind, ...(await collab.chunks(session, at, page)) };
    case "memory":
      return { kind, ...(await collab.memories(session, at, page)) };
    case "task":
      return { kind, ...(await collab.tasks(session, at, page)) };
    case "artifact":
      return { kind, ...(await collab.artifacts(session, at, page)) };
    default:
      throw new TypeError(`unhandled ${kind satisfies never}`);
  }
}

/** What there was is known from the columns, so these must have it. */
async function placeOf(store: LookedAtStore, asked: number | undefined): Promise<{ at: number; tail: number }> {
  const place = await store.offset(asked);
  await store.columnsTo(place.at);
  return place;
}
