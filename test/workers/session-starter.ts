/** Starts sessions, one after the other, in a JSONL log: <log> <base folder> <repository> <clone|worktree> <id…>. */
import { openLog } from "../../src/open-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import { GitRunner } from "../../src/workspace/git-runner.js";
import { parseRepository } from "../../src/workspace/repository-address.js";
import { startSession } from "../../src/workspace/start-session.js";
import { WorkspaceFolders } from "../../src/workspace/workspace-folders.js";

const [url = "", baseDir = "", repo = "", kind = "", ...ids] = process.argv.slice(2);
const log = await openLog(url);
const tools = { store: new SessionStore(log), git: new GitRunner(), folders: new WorkspaceFolders(baseDir) };
const repository = parseRepository(repo, "/");
for (const session of ids) {
  await startSession(tools, { record: { session, branch: `b-${session}` }, repository, worktree: kind === "worktree" });
  console.log(JSON.stringify(session));
}
await log.close();
