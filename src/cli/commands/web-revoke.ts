import { type Command, Option } from "commander";
import { RefusedError, UsageError } from "../../errors.js";
import { findWebSession } from "../../inspect/web-sessions.js";
import { destroyAllSessions, destroySessionsOfUser } from "../../web-session/ending-sessions.js";
import type { WebSessionStore } from "../../web-session/web-session-store.js";
import { type CommandContext, examples, leaf, type RunState } from "../command.js";
import { keysOption, onWebStore, openWebStore, type WebChangeOptions, withSessions } from "../web-leaf.js";

interface RevokeOptions extends WebChangeOptions {
  user?: string;
  session?: string;
  all?: boolean;
  yes?: boolean;
  reason?: string;
}

export function webRevokeCommand(state: RunState): Command {
  const summary = "log out: one session, all of a user, or everybody; for all servers at once, and for good";
  const command = onWebStore(leaf<RevokeOptions>(state, "revoke", summary, revoke))
    .addOption(new Option("--user <id>", "all sessions of this user").conflicts(["session", "all"]))
    .addOption(new Option("--session <hash>", "the session with this hash, or one that begins so").conflicts("all"))
    .option("--all", "all sessions of all users; needs --yes")
    .option("--yes", "do it without being asked")
    .option("--reason <text>", "why, for the audit trail")
    .addOption(keysOption());
  return examples(command, ['sessiondb web revoke --user ada --reason "lost phone" --store sqlite:./s.db']);
}

async function revoke(context: CommandContext<RevokeOptions>): Promise<undefined> {
  const { options, streams } = context;
  assertNamed(options);
  const log = await openWebStore(context);
  const count = await withSessions(log, options, (sessions) => revoked(sessions, options));
  const { offset } = await log.tail();
  if (streams.json) streams.document({ schema: "web-revoke/1", offset, count });
  else streams.lines([`revoked ${count} ${count === 1 ? "session" : "sessions"}`]);
}

async function revoked(sessions: WebSessionStore, { user, session, reason }: RevokeOptions): Promise<number> {
  if (user !== undefined) return destroySessionsOfUser(sessions, user, reason);
  if (session === undefined) return destroyAllSessions(sessions, reason);
  const found = await findWebSession(sessions.log, session);
  return (await sessions.destroyListed(found, reason)) ? 1 : 0;
}

function assertNamed({ user, session, all, yes }: RevokeOptions): void {
  if (user === undefined && session === undefined && all !== true) {
    throw new UsageError("USAGE", "whose sessions?", { hint: "name --user ID, --session HASH, or --all --yes" });
  }
  if (all === true && yes !== true) {
    throw new RefusedError("NOT_CONFIRMED", "--all logs everybody out", { hint: "add --yes to do it" });
  }
}
