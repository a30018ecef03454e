import type { Command } from "commander";
import { searchSessions } from "../../inspect/search-sessions.js";
import { type AsOfOptions, asOfOption, openAsOf } from "../as-of.js";
import { type CommandContext, examples, type ReadOptions, type RunState, readLeaf, wholeNumber } from "../command.js";
import { sessionItem } from "../output/session-item.js";
import { sessionRows } from "../output/session-rows.js";

interface SearchOptions extends ReadOptions, AsOfOptions {
  limit?: number;
}

export function searchCommand(state: RunState): Command {
  const summary = 'sessions that hold all the words: word, begin*, "a phrase"; -without after --';
  const command = readLeaf<SearchOptions>(state, "search <words...>", summary, search)
    .option("--limit <n>", "at most this many, 1 to 1000; default 100", wholeNumber("--limit"))
    .addOption(asOfOption());
  return examples(command, ["sessiondb session search auth* --store sqlite:./s.db"]);
}

async function search(context: CommandContext<SearchOptions>, ...args: string[]): Promise<undefined> {
  const { options, streams } = context;
  const log = await openAsOf(context);
  const limit = options.limit === undefined ? {} : { limit: options.limit };
  const { documents, offset, total = 0, next } = await searchSessions(log, args.flat().join(" "), limit);
  if (streams.json) {
    streams.document({ schema: "session-search/1", offset, total, items: documents.map(sessionItem) });
    return;
  }
  if (documents.length > 0) streams.lines(sessionRows(documents, streams.width));
  const more = next === null ? "" : " · --limit shows more";
  streams.note(`${documents.length} of ${total} sessions · offset ${offset}${more}`);
}
