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
  light: ["#4f46e5", "#0d9488", "#d97706", "#e11d48", "#0284c7", "#9333ea", "#65a30d", "#be185d"],
  dark: ["#818cf8", "#2dd4bf", "#fbbf24", "#fb7185", "#38bdf8", "#c084fc", "#a3e635", "#f472b6"],
};
const OTHERS: Readonly<Record<Theme, string>> = { light: "#94a3b8", dark: "#64748b" };
export const INKS: Readonly<
  Record<Theme, { line: string; text: string; faint: string; accent: string; mark: string }>
> = {
  light: { line: "#dfe3ec", text: "#5b6478", faint: "#e8ebf2", accent: "#4f46e5", mark: "#b45309" },
  dark: { line: "#2a3142", text: "#98a2b8", faint: "#1f2635", accent: "#a5b4fc", mark: "#fbbf24" },
};

/** Types and actors are told apart by their own colours: an order for each. */
const seen = { type: new Map<string, number>(), actor: new Map<string, number>() };

/** A type or actor keeps the colour that it had first, whatever is zoomed or filtered. null: all others together. */
export function colourOf(name: string | null, kind: "type" | "actor" = "type"): string {
  const palette = PALETTES[theme.value];
  if (name === null) return OTHERS[theme.value];
  const places = seen[kind];
  const place = places.get(name) ?? places.size;
  places.set(name, place);
  return palette[place % palette.length] as string;
}
