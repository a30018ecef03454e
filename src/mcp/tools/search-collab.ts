import * as z from "zod";
import { type CollabHit, type CollabSearchOptions, SEARCH_KINDS } from "../../collab/search.js";
import { sha256Hex } from "../../log/hash-chain.js";
import { cliLine } from "../cli-line.js";
import { itemsThatFit } from "../clip.js";
import { askedOf, collabSession } from "../collab-inputs.js";
import * as inputs from "../inputs.js";
import { decodeCursor, encodeCursor } from "../page.js";
import { defineTool } from "../tool.js";

/** A search gives no more than these, on all its pages together. */
const MAX_HITS = 100;
/** Hexadecimal digits by which a hit that was shown is known again. */
const MARK = 10;

const time = z.iso.datetime({ offset: true });

const input = z.object({
  query: z
    .string()
    .min(1)
    .max(1_000)
    .describe('word begin* "a phrase" -without; all must hold, everything else is data'),
  session: collabSession.optional().describe("only in this session; default all"),
  kinds: z.array(z.enum(SEARCH_KINDS)).min(1).max(3).optional().describe("default chunk, memory and artifact"),
  type: z.string().min(1).max(1_000).optional().describe("format of chunks, type of memories and artifacts"),
  tags: z
    .array(z.string().min(1).max(200))
    .max(20)
    .optional()
    .describe("only memories with all of these tags, exactly"),
  since: time.optional().describe("only what was made then or later: 2026-01-31T10:00:00Z"),
  until: time.optional().describe("only what was made then or before"),
  as_of: inputs.asOf,
  limit: z.number().int().min(1).max(MAX_HITS).default(20).describe("hits of one page, 1 to 100"),
  cursor: inputs.cursor,
});

export const searchCollab = defineTool({
  name: "search_collab",
  title: "Search conversations, memories and artifacts",
  description:
    "Full-text search over what was said, remembered and made in collaborative sessions, the best first, each with the part of the text that shows it. Read more with read_conversation, or get_collab_session with memory_keys.",
  effect: "reads",
  input,
  output: z.object({
    hits: z.array(z.looseObject({ kind: z.string(), session: z.string(), id: z.string(), snippet: z.string() })),
    more: z
      .boolean()
      .describe("there are more than these; without next_cursor: more than a search gives, so narrow it"),
    next_cursor: inputs.nextCursor,
  }),
  async run(given, context) {
    const { query, as_of, limit, cursor, ...filter } = given;
    const asked = askedOf([query, filter, as_of]);
    const place = cursor === undefined ? undefined : decodeCursor(cursor, asked);
    const shownBefore = marksIn(place?.own);
    const asOf = as_of === undefined ? {} : { asOf: place?.head ?? (await inputs.offsetOf(context, as_of)) };
    const count = Math.min(MAX_HITS, shownBefore.size + limit);
    const { hits, more, offset } = await context.collab.search(query, { ...filterOf(filter), ...asOf, limit: count });
    const fresh = hits.filter((hit) => !shownBefore.has(markOf(hit)));
    const { value: shown } = itemsThatFit(fresh.slice(0, limit).map(hitItem));
    const own = [...shownBefore, ...fresh.slice(0, shown.length).map(markOf)];
    const goesOn = shown.length < fresh.length || (more && own.length < MAX_HITS && shown.length > 0);
    return {
      offset,
      cli: cliLine(context, ...cliWords(given), "--json"),
      hits: shown,
      more: more || shown.length < fresh.length,
      ...(goesOn ? { next_cursor: encodeCursor({ head: offset, after: own.length, own: own.join(""), asked }) } : {}),
    };
  },
});

type Filter = Omit<z.output<typeof input>, "query" | "as_of" | "limit" | "cursor">;

function filterOf(filter: Filter): CollabSearchOptions {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
}

function hitItem({ kind, session, id, type, created, actor, snippet }: CollabHit) {
  return { kind, session, id, type, created, actor, snippet: snippet.text };
}

function markOf({ kind, session, id }: CollabHit): string {
  return sha256Hex(JSON.stringify([kind, session, id])).slice(0, MARK);
}

/** Pages leave out what others have shown, so that a hit whose place changes meanwhile does not come twice. */
function marksIn(own = ""): Set<string> {
  return new Set(own.match(new RegExp(`.{${MARK}}`, "gs")) ?? []);
}

function cliWords({ query, session, kinds = [], type, tags = [], since, until, as_of }: z.output<typeof input>) {
  return [
    ...["collab", "search", query],
    ["--session", session],
    ...kinds.map((kind) => ["--kind", kind] as const),
    ["--type", type],
    ...tags.map((tag) => ["--tag", tag] as const),
    ["--since", since],
    ["--until", until],
    ["--as-of", as_of],
  ] as const;
}
