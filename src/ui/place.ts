import { computed, signal } from "@preact/signals";

export const PANES = ["state", "diff", "blame", "watch", "event", "all", "collab", "integrity"] as const;
export type Pane = (typeof PANES)[number];
/** Of a collaborative session. */
export const COLLAB_PARTS = ["talk", "memories", "tasks", "artifacts"] as const;
export type CollabPart = (typeof COLLAB_PARTS)[number];
export const STRIPS = ["lanes", "heat", "matrix", "growth", "migrations"] as const;
export type Strip = (typeof STRIPS)[number];

/** Where somebody looks. All of it stands in the address, so that every view has a link. */
export interface Place {
  /** null: at the end, wherever that is. */
  readonly at: number | null;
  /** null: the session of the event at `at`. */
  readonly session: string | null;
  /** A collaborative session; null: that of the event at `at`; empty: a list of all of them. */
  readonly collab: string | null;
  /** What is searched for in collaborative sessions. */
  readonly find: string | null;
  /** JSON Pointer or dotted. */
  readonly path: string | null;
  /** The other end of a diff; null: the step before. */
  readonly base: number | null;
  /** The focus window, inclusive; null: the whole log. */
  readonly from: number | null;
  readonly to: number | null;
  readonly actors: readonly string[];
  readonly types: readonly string[];
  readonly only: readonly string[];
  /** Only events that write such a place. */
  readonly paths: readonly string[];
  readonly pane: Pane;
  readonly part: CollabPart;
  readonly strip: Strip;
  readonly heat: "picture" | "table";
  readonly by: "type" | "actor";
}

const NOWHERE: Place = {
  at: null,
  session: null,
  collab: null,
  find: null,
  path: null,
  base: null,
  from: null,
  to: null,
  actors: [],
  types: [],
  only: [],
  paths: [],
  pane: "state",
  part: "talk",
  strip: "lanes",
  heat: "picture",
  by: "type",
};

/** Shows every event again. */
export const NO_FILTER = { actors: [], types: [], only: [], paths: [] } as const;

/** What is not as this page writes it is as if it were not there. */
export function readPlace(search: string): Place {
  const said = new URLSearchParams(search);
  const number = (name: string) => (/^\d{1,15}$/.test(said.get(name) ?? "") ? Number(said.get(name)) : null);
  const oneOf = <T extends string>(name: string, values: readonly T[], otherwise: T) =>
    values.find((value) => value === said.get(name)) ?? otherwise;
  return {
    at: number("at"),
    session: said.get("session") || null,
    collab: said.get("collab"),
    find: said.get("find") || null,
    path: said.get("path") || null,
    base: number("base"),
    from: number("from"),
    to: number("to"),
    actors: said.getAll("actor"),
    types: said.getAll("type"),
    only: said.getAll("only"),
    paths: said.getAll("onlypath"),
    pane: oneOf("pane", PANES, NOWHERE.pane),
    part: oneOf("part", COLLAB_PARTS, NOWHERE.part),
    strip: oneOf("strip", STRIPS, NOWHERE.strip),
    heat: oneOf("heat", ["picture", "table"], NOWHERE.heat),
    by: oneOf("by", ["type", "actor"], NOWHERE.by),
  };
}

export function writePlace(place: Place, store: string | null): string {
  const said = new URLSearchParams();
  if (store !== null) said.set("store", store);
  for (const name of ["at", "session", "collab", "find", "path", "base", "from", "to"] as const) {
    const value = place[name];
    if (value !== null) said.set(name, String(value));
  }
  for (const actor of place.actors) said.append("actor", actor);
  for (const type of place.types) said.append("type", type);
  for (const session of place.only) said.append("only", session);
  for (const path of place.paths) said.append("onlypath", path);
  for (const name of ["pane", "part", "strip", "heat", "by"] as const) {
    if (place[name] !== NOWHERE[name]) said.set(name, place[name]);
  }
  return `?${said}`;
}

export const place = signal<Place>(readPlace(location.search));
/** The store that somebody came to see: what the link says, or else what was shown first; null while nobody knows. */
export const linkedStore = signal<string | null>(new URLSearchParams(location.search).get("store"));
/** Of the store that is shown; stands in every link. */
export const storeName = signal<string | null>(linkedStore.peek());

addEventListener("popstate", () => {
  place.value = readPlace(location.search);
});

/** `replace` for what goes on while a hand or a player moves: the back button shall not go through every step. */
export function go(change: Partial<Place>, how: "push" | "replace" = "push"): void {
  place.value = { ...place.value, ...change };
  remember(how);
}

let waiting: ReturnType<typeof setTimeout> | undefined;

/** Browsers allow some hundred changes of the address in half a minute, and a slider makes more. */
function remember(how: "push" | "replace"): void {
  clearTimeout(waiting);
  const address = () => writePlace(place.peek(), storeName.peek());
  if (how === "push") history.pushState(null, "", address());
  else waiting = setTimeout(() => history.replaceState(null, "", address()), 150);
}

/** For links: this place with something changed. */
export function linkTo(change: Partial<Place>): string {
  return writePlace({ ...place.value, ...change }, storeName.value);
}

/** The conditions, as the server's addresses take them. */
export const filterQuery = computed(() => {
  const { actors, types, only, paths } = place.value;
  const said = new URLSearchParams();
  for (const actor of actors) said.append("actor", actor);
  for (const type of types) said.append("type", type);
  for (const session of only) said.append("only", session);
  for (const path of paths) said.append("path", path);
  return said.toString();
});

export const isFiltered = computed(() => filterQuery.value !== "");
