import { shellWord } from "../log/shell-word.js";
import { dotted } from "./format.js";
import type { CollabPart, Place } from "./place.js";

/** What stands for a view: the command that prints the same, and the call of the MCP server. */
export interface Equivalent {
  readonly cli: string;
  readonly mcp: { readonly name: string; readonly arguments: Readonly<Record<string, unknown>> };
}

interface View {
  readonly place: Place;
  readonly at: number;
  readonly session: string | null;
  readonly collab: string | null;
  readonly store: string;
}

/** As commands take the place: pointers in the address, dotted names for people. */
function pathOf(path: string): string {
  return path.startsWith("/") ? dotted(path) : path;
}

export function equivalentOf({ place, at, session, collab, store }: View): Equivalent {
  const line = (...words: readonly string[]) =>
    `sessiondb ${words.map(shellWord).join(" ")} --store ${shellWord(store)}`;
  if (place.pane === "event") {
    return {
      cli: line("events", "show", String(at)),
      mcp: { name: "read_log", arguments: { since: String(Math.max(0, at - 1)), until: String(at) } },
    };
  }
  if (place.pane === "collab" && place.find !== null) {
    const where = collab === null ? [] : ["--session", collab];
    // What is searched for comes last, behind "--": it may begin with a minus.
    const words = ["collab", "search", ...where, "--store", store, "--", place.find];
    const mcp = { query: place.find, ...(collab === null ? {} : { session: collab }) };
    return { cli: `sessiondb ${words.map(shellWord).join(" ")}`, mcp: { name: "search_collab", arguments: mcp } };
  }
  if (place.pane === "collab") {
    const types = ["collab.*", "chunk.*", "memory.*", "task.*", "artifact.*"];
    const mcp = { name: "read_log", arguments: { types, until: String(at), order: "newest" } };
    return { cli: line("collab", ...collabWords(place.part, collab), "--as-of", String(at)), mcp };
  }
  if (place.pane === "integrity") {
    return { cli: line("verify"), mcp: { name: "audit", arguments: { group_by: "type" } } };
  }
  if (session === null || place.pane === "all") {
    const mcp = { name: "list_sessions", arguments: { as_of: String(at) } };
    return { cli: line("session", "list", "--as-of", String(at), "--all"), mcp };
  }
  switch (place.pane) {
    case "state":
      return {
        cli: line("session", "show", session, "--as-of", String(at)),
        mcp: { name: "get_session", arguments: { session, as_of: String(at) } },
      };
    case "diff": {
      const from = place.base ?? Math.max(0, at - 1);
      return {
        cli: line("session", "diff", session, `${from}..${at}`),
        mcp: { name: "diff_session", arguments: { session, from: String(from), to: String(at) } },
      };
    }
    case "blame": {
      const path = place.path === null ? [] : [pathOf(place.path)];
      return {
        cli: line("session", "blame", session, ...path, "--as-of", String(at)),
        mcp: {
          name: "blame_field",
          arguments: { session, ...(path[0] === undefined ? {} : { path: path[0] }), as_of: String(at) },
        },
      };
    }
    case "watch": {
      const path = place.path === null ? [] : ["--path", pathOf(place.path)];
      return {
        cli: line("session", "log", session, ...path, "--patch"),
        mcp: { name: "read_log", arguments: { session } },
      };
    }
    default:
      throw new TypeError(`unhandled ${place.pane satisfies never}`);
  }
}

/** The command that counts the events in view by one side, as the pictures do. */
export function auditLine(
  { actors, types, only, paths }: Place,
  { from, to }: { readonly from: number; readonly to: number },
  store: string,
  by: "path" | "actor" | "type",
): string {
  const each = (option: string, values: readonly string[]) => values.flatMap((value) => [option, value]);
  const filter = [...each("--actor", actors), ...each("--type", types), ...each("--session", only)];
  const words = [...filter, ...each("--path", paths), "--since", String(from - 1), "--until", String(to)];
  return ["sessiondb audit --group-by", by, ...words.map(shellWord), "--store", shellWord(store)].join(" ");
}

/** What lists the same as the pane. */
function collabWords(part: CollabPart, session: string | null): readonly string[] {
  if (session === null) return ["list", "--all"];
  switch (part) {
    case "talk":
      return ["chunk", "list", session];
    case "memories":
      return ["memory", "list", session];
    case "tasks":
      return ["task", "list", "--session", session];
    case "artifacts":
      return ["artifact", "list", session];
    default:
      throw new TypeError(`unhandled ${part satisfies never}`);
  }
}
