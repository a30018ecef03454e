import { type Command, Option } from "commander";
import { webStoreUrl } from "../config/paths.js";
import { defined } from "../defined.js";
import type { WebQuestion } from "../inspect/web-sessions.js";
import type { EventLog } from "../log/event-log.js";
import { keyStoreUrlOf, openKeyStore, openTrialKeyStore } from "../open-key-store.js";
import { defaultActor } from "../session/default-actor.js";
import { WebSessionStore } from "../web-session/web-session-store.js";
import type { CommandContext, CommonOptions, ReadOptions } from "./command.js";

export interface WebQuestionOptions extends ReadOptions {
  user?: string;
  asOf?: string;
}

/** What is asked, without what only says how to answer. */
export function questionOf({ user, asOf }: WebQuestionOptions): WebQuestion {
  return defined({ user, asOf });
}

export interface WebChangeOptions extends CommonOptions {
  keys?: string;
}

/**
 * For a command of `web`: without --store it works on what the application itself uses (SESSION_DB_URL,
 * BODHI_SESSION_DB_URL, else a file of its own), and not on the store of everything else.
 */
export function onWebStore(command: Command): Command {
  const store = command.options.find(({ long }) => long === "--store");
  if (store !== undefined) store.description = "the sessions: sqlite:PATH or postgres://… (env: SESSION_DB_URL)";
  return command.setOptionValueWithSource("store", webStoreUrl(process.env), "default");
}

export function withUser(command: Command): Command {
  return command.option("--user <id>", "only sessions of this user");
}

export function keysOption(): Option {
  return new Option("--keys <url>", "where the keys are, unless beside the log: file:FOLDER or postgres://…");
}

export function openWebStore({ open, options }: CommandContext<ReadOptions>): Promise<EventLog> {
  return open(urlOfWebStore(options), { mustExist: true });
}

/** For commands that end sessions, whose keys are destroyed with them, or make some. A dry run leaves all keys as they are. */
export async function withSessions<T>(
  log: EventLog,
  options: WebChangeOptions & { readonly dryRun?: boolean },
  act: (sessions: WebSessionStore) => Promise<T>,
): Promise<T> {
  const { keys = keyStoreUrlOf(urlOfWebStore(options)), dryRun = false } = options;
  const keyStore = await (dryRun ? openTrialKeyStore(keys) : openKeyStore(keys));
  const sessions = new WebSessionStore(log, keyStore, { actor: options.actor ?? defaultActor() });
  try {
    return await act(sessions);
  } finally {
    await sessions.keys.close();
  }
}

export function urlOfWebStore({ store }: ReadOptions): string {
  return store as string; // onWebStore has filled it in
}
