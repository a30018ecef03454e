import { isServerAddress } from "../config/address.js";
import { shownUrl } from "../open-log.js";
import type { CommandContext, ReadOptions } from "./command.js";

/** A store on a server, and where its outbox lies or would lie, whether `fallback` is on or not. */
export interface PlacedOutbox {
  readonly url: string;
  readonly root: string;
}

/** @returns undefined, and says why, where the store is on this machine */
export function outboxOf({ config, store, streams }: CommandContext<ReadOptions>): PlacedOutbox | undefined {
  const { url } = store();
  if (isServerAddress(url)) return { url, root: String(config().find("outbox.path")?.value) };
  streams.note(`${shownUrl(url)} is on this machine: it has no outbox`);
  return undefined;
}
