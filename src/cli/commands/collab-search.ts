import { type Command, Option } from "commander";
import { type CollabHit, type CollabSearchOptions, SEARCH_KINDS, type SearchKind } from "../../collab/search.js";
import { defined } from "../../defined.js";
import { readTime } from "../../inspect/time-text.js";
import { type AsOfOptions, asOfOption } from "../as-of.js";
import { collabToRead } from "../collab-door.js";
import {
  type CommandContext,
  type CommonOptions,
  collected,
  examples,
  leaf,
  type RunState,
  wholeNumber,
} from "../command.js";
import type { ColourChoice } from "../output/colours.js";
import { marked } from "../output/marked.js";

interface SearchOptions extends CommonOptions, AsOfOptions {
  session?: string;
  kind?: SearchKind[];
  type?: string;
  tag?: string[];
  since?: string;
  until?: string;
  limit?: number;
}

export function collabSearchCommand(state: RunState): Command {
  const summary = 'words in conversations, memories and artifacts: word begin* "a phrase" -without';
  const kinds = new Option("--kind <kind>", "only of this kind; may stand several times")
    .choices([...SEARCH_KINDS])
    .argParser(collected as (text: string, before: string[] | undefined) => string[]);
  const command = leaf<SearchOptions>(state, "search <query>", summary, search)
    .option("--session <id>", "only in this session")
    .addOption(kinds)
    .option("--type <type>", "only of this format (chunks) or type (memories, artifacts)")
    .option("--tag <tag>", "only memories with this tag; may stand several times", collected)
    .option("--since <time>", "only what was made then or later: 7d, 2026-01-31, 2026-01-31T10:00:00Z")
    .option("--until <time>", "only what was made then or before")
    .option("--limit <n>", "at most this many, 1 to 100; default 20", wholeNumber("--limit"))
    .addOption(asOfOption());
  return examples(command, [
    'sessiondb collab search "sqlite" --store sqlite:./s.db',
    "sessiondb collab search 'stor* -mysql' --session auth --tag storage --store sqlite:./s.db --json",
  ]);
}

async function search(context: CommandContext<SearchOptions>, query = ""): Promise<undefined> {
  const { options, streams } = context;
  const { collab, asOf } = await collabToRead(context);
  const { offset, hits, more } = await collab.search(query, { ...askedOf(options), ...asOf });
  if (streams.json) {
    streams.document({ schema: "collab-search/1", offset, query, items: hits, more });
    return;
  }
  streams.lines(hits.flatMap((hit) => linesOf(hit, streams.colour)));
  const rest = more ? " · there are more: --limit" : "";
  streams.note(`${hits.length} ${hits.length === 1 ? "hit" : "hits"} · offset ${offset} · ${collab.log.url}${rest}`);
}

function askedOf({ session, kind, type, tag, since, until, limit }: SearchOptions): CollabSearchOptions {
  return {
    ...defined({ session, kinds: kind, type, tags: tag }),
    ...(since === undefined ? {} : { since: timeOf(since) }),
    ...(until === undefined ? {} : { until: timeOf(until) }),
    ...defined({ limit }),
  };
}

/** What is no time is refused by the search. */
function timeOf(text: string): Date | string {
  return readTime(text, new Date()) ?? text;
}

function linesOf({ kind, session, id, type, created, actor, snippet }: CollabHit, colour: ColourChoice): string[] {
  const place = [kind, `${session}/${id}`, type, created, actor];
  return [
    ...marked({ text: place.join("  "), marks: [] }, colour),
    ...marked(snippet, colour).map((line) => `    ${line}`),
  ];
}
