import * as z from "zod";

/** Version of all events of web sessions. */
export const WEB_SCHEMA = 1;

const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

/** What every event of a session that lives says of it. */
const state = {
  /** ISO 8601 UTC: from then on nobody is signed in by it. */
  expiresAt: time,
  /** Whose it is, where anybody has signed in. */
  user: z.string().nullable(),
  /** The id of its key in the key store. */
  key: z.string(),
};

/** The data of every event type of a web session. */
export const webEventSchemas = {
  "web.saved": z.looseObject({ ...state, sealed: z.string() }),
  "web.touched": z.looseObject({
    ...state,
    /** The data once more, where it is small. */
    sealed: z.string().optional(),
    /** The version of the web.saved that holds it, where it is not. */
    saved: z.number().int().min(1).optional(),
  }),
  "web.destroyed": z.looseObject({ key: z.string() }),
  "web.expired": z.looseObject({ key: z.string() }),
} as const;

export type WebEventType = keyof typeof webEventSchemas;

/** A living session, as its newest event says. */
export interface WebState {
  readonly expiresAt: string;
  readonly user: string | null;
  readonly key: string;
  readonly sealed?: string | undefined;
  readonly saved?: number | undefined;
}

export type WebEvent =
  | ({ readonly type: "web.saved" | "web.touched" } & WebState)
  | { readonly type: "web.destroyed" | "web.expired"; readonly key: string };

/**
 * An end whose data was erased is still one: of its key, which stands there no more, `key` says "".
 *
 * @returns undefined for an event of another type or schema, or without readable data
 */
export function webEventOf(type: string, data: unknown, schema: number): WebEvent | undefined {
  if (schema !== WEB_SCHEMA || !Object.hasOwn(webEventSchemas, type)) return undefined;
  if (data === undefined && (type === "web.destroyed" || type === "web.expired")) return { type, key: "" };
  const { data: read } = webEventSchemas[type as WebEventType].safeParse(data);
  return read === undefined ? undefined : ({ ...read, type } as unknown as WebEvent);
}
