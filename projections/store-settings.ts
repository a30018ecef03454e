import * as z from "zod";
import { defineProjection, type FoldEvent } from "./projection.js";

export const SETTINGS_STREAM = "store-settings";

/** What belongs to the store as a whole. */
export interface StoreSettings {
  /** The folder below which the workspaces of the sessions lie. */
  baseDir: string;
}

export const baseDirSetSchema = z.object({ baseDir: z.string() });

export const storeSettings = defineProjection<StoreSettings>({
  name: "store-settings",
  revision: 1,
  idOf: (stream) => (stream === SETTINGS_STREAM ? SETTINGS_STREAM : undefined),
  evolve,
  fields: { baseDir: { type: "text", of: ({ baseDir }) => baseDir } },
});

function evolve(document: StoreSettings | null, event: FoldEvent): StoreSettings | null {
  if (event.type !== "store.base-dir-set") return document;
  const { data } = baseDirSetSchema.safeParse(event.data);
  if (data === undefined) return document;
  if (document === null) return { baseDir: data.baseDir };
  document.baseDir = data.baseDir;
  return document;
}
