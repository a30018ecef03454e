import type { Command } from "commander";
import { noun, type RunState } from "../command.js";
import { webCountCommand } from "./web-count.js";
import { webExpireCommand } from "./web-expire.js";
import { webListCommand } from "./web-list.js";
import { webRevokeCommand } from "./web-revoke.js";
import { webWhoCommand } from "./web-who.js";

export function webCommand(state: RunState): Command {
  return noun("web", "login sessions of web applications: who is signed in, who was, and logging out", [
    webListCommand(state),
    webCountCommand(state),
    webWhoCommand(state),
    webRevokeCommand(state),
    webExpireCommand(state),
  ]);
}
