import { type ConversationChunk, collabChunks } from "../../projections/collab-chunks.js";
import type { ChunkFormat } from "../../projections/collab-events.js";
import { collabSessions } from "../../projections/collab-sessions.js";
import { collabStream } from "../../projections/collab-streams.js";
import { defined } from "../defined.js";
import { assertLog } from "../log/assert-log.js";
import type { EventLog } from "../log/event-log.js";
import type { Page } from "../query/query.js";
import { assertOffsetIn } from "../replay/assert-offset-in.js";
import { foldStream } from "../replay/fold-stream.js";
import { ReadModel } from "../replay/read-model/read-model.js";
import { noCollabSession } from "./collab-summary.js";

export interface ConversationPageOptions {
  /** Offset, inclusive: what was said up to there. Pages with the same one show one state, whatever is said meanwhile. */
  readonly asOf: number;
  readonly format?: ChunkFormat;
  /** Which come first, by the time at which they were made; default `oldest`. */
  readonly order?: "oldest" | "newest";
  /** 1 to 1,000; default 100. */
  readonly limit?: number;
  /** `next` of the page before, asked with the same session, format and order. */
  readonly cursor?: string;
}

/**
 * The chunks of a session without their texts, and how many there are. Chunks never change, so those up to an offset are
 * found among the present ones: this reads an index, and folds nothing.
 *
 * @throws NotFoundError COLLAB_SESSION_NOT_FOUND; UsageError QUERY_INVALID, CURSOR_INVALID
 */
export async function conversationPage(
  log: EventLog,
  session: string,
  { asOf, format, order = "oldest", limit, cursor }: ConversationPageOptions,
): Promise<Page<ConversationChunk>> {
  assertLog(log);
  await assertOffsetIn(log, asOf);
  const { document } = await foldStream(log, collabSessions, collabStream(session), asOf);
  if (document === null) throw noCollabSession(session);
  const page = await new ReadModel(log, collabChunks).query({
    where: { session_id: session, content_offset: { lte: asOf }, ...defined({ format }) },
    orderBy: [{ field: "created", direction: order === "oldest" ? "asc" : "desc" }],
    total: true,
    ...defined({ limit, cursor }),
  });
  return { ...page, offset: asOf };
}
