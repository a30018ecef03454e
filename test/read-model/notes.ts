import { defineProjection } from "../../projections/projection.js";
import type { Json } from "../../src/log/canonical.js";
import type { EventLog } from "../../src/log/event-log.js";

/** What a test writes: any JSON, under the names that the projection declares. */
export interface Note {
  readonly id: string;
  title?: Json;
  rank?: Json;
  done?: Json;
  text?: Json;
}

/** The last note that was put wins; `null` removes it. At an event of type `note.poison` it throws. */
export function notes(revision = 1, poison = "note.poison") {
  return defineProjection<Note>({
    name: "notes",
    revision,
    idOf: (stream) => (stream.startsWith("note-") ? stream.slice("note-".length) : undefined),
    evolve: (_, { id, type, data }) => {
      if (type === poison) throw new RangeError("no such note");
      return data === null ? null : { ...(data as object), id };
    },
    fields: {
      title: { type: "text", indexed: true, of: ({ title }) => title },
      rank: { type: "number", indexed: true, of: ({ rank }) => rank },
      done: { type: "boolean", of: ({ done }) => done },
    },
    search: ({ title, text }) => [title, text],
  });
}

export async function put(log: EventLog, id: string, data: Json, type = "note.put"): Promise<void> {
  await log.append({ stream: `note-${id}`, events: [{ type, data }] }, { actor: "user:test" });
}
