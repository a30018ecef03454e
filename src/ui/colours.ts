import { computed, signal } from "@preact/signals";

export type Theme = "light" | "dark";

const SAVED = "sessiondb-theme";
const system = matchMedia("(prefers-color-scheme: dark)");
const systemTheme = signal<Theme>(system.matches ? "dark" : "light");
const chosen = signal<Theme | null>(readChosen());

system.addEventListener("change", () => {
  systemTheme.value = system.matches ? "dark" : "light";
});

export const theme = computed<Theme>(() => chosen.value ?? systemTheme.value);

export function toggleTheme(): void {
  chosen.value = theme.peek() === "dark" ? "light" : "dark";
  try {
    localStorage.setItem(SAVED, chosen.value);
  } catch {
    // Without storage it holds until the page is closed.
  }
}

function readChosen(): Theme | null {
  try {
    const saved = localStorage.getItem(SAVED);
    return saved === "light" || saved === "dark" ? saved : null;
  } catch {
    return null;
  }
}

/** Told apart also by people who see few colours: neighbours differ in lightness. */
const PALETTES: Readonly<Record<Theme, readonly string[]>> = {
  light: ["#4f46e5", "#0d9488", "#d97706", "#e11d48", "#0284c7", "#9333ea", "#65a30d", "#57534e"],
  dark: ["#818cf8", "#2dd4bf", "#fbbf24", "#fb7185", "#38bdf8", "#c084fc", "#a3e635", "#d6d3d1"],
};
const OTHERS: Readonly<Record<Theme, string>> = { light: "#94a3b8", dark: "#64748b" };
export const INKS: Readonly<
  Record<Theme, { line: string; text: string; faint: string; accent: string; mark: string }>
> = {
  light: { line: "#dfe3ec", text: "#5b6478", faint: "#e8ebf2", accent: "#4f46e5", mark: "#b45309" },
  dark: { line: "#2a3142", text: "#98a2b8", faint: "#1f2635", accent: "#a5b4fc", mark: "#fbbf24" },
};

/** The most common ones look the same in every store. Places in the palette. */
const KNOWN: ReadonlyArray<readonly [type: string, place: number]> = [
  ["session.updated", 0],
  ["session.pr-checked", 1],
  ["session.created", 2],
  ["session.deleted", 3],
  ["session.pr-created", 4],
  ["session.pr-merged", 5],
  ["session.imported", 6],
  ["mark.set", 7],
  // Of collaborative sessions: apart from each other, for the palette is too small for all.
  ["chunk.added", 0],
  ["memory.set", 1],
  ["task.created", 7],
  ["task.claimed", 2],
  ["task.started", 4],
  ["task.completed", 6],
  ["task.failed", 3],
  ["artifact.saved", 5],
];

/** Types and actors have places of their own. */
const places = { type: new Map<string, number>(KNOWN), actor: new Map<string, number>() };

/** A type or actor keeps its colour, whatever is zoomed or filtered. null: all others together. */
export function colourOf(name: string | null, kind: "type" | "actor" = "type"): string {
  const palette = PALETTES[theme.value];
  if (name === null) return OTHERS[theme.value];
  const known = places[kind];
  const place = known.get(name) ?? freePlace(name, new Set(known.values()), palette.length);
  known.set(name, place);
  return palette[place] as string;
}

/** By the name itself, so that it is the same the next time, and the next one where that is taken. */
function freePlace(name: string, taken: ReadonlySet<number>, count: number): number {
  const wanted = [...name].reduce((hash, char) => (hash * 31 + (char.codePointAt(0) ?? 0)) % 65_521, 7) % count;
  const order = Array.from({ length: count }, (_, i) => (wanted + i) % count);
  return order.find((place) => !taken.has(place)) ?? wanted;
}
