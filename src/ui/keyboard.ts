import { help } from "./help-dialog.js";
import { at } from "./live.js";
import { copy, currentCli } from "./parts/copy-buttons.js";
import { go, place } from "./place.js";
import { focus, goLive, goTo, pinBase, playing, stepBy, stepOfPath } from "./walk.js";

/** What each key does; none of them while somebody types. */
const KEYS: Readonly<Record<string, () => unknown>> = {
  j: () => stepBy(1),
  k: () => stepBy(-1),
  ArrowRight: () => stepBy(1),
  ArrowLeft: () => stepBy(-1),
  "Shift+ArrowRight": () => stepOfPath(1),
  "Shift+ArrowLeft": () => stepOfPath(-1),
  Home: () => goTo(focus.peek().from),
  End: () => goLive(),
  " ": () => {
    playing.value = playing.peek() === 0 ? 1 : 0;
  },
  "/": () => focusOn("search"),
  g: () => focusOn("search"),
  d: () => (place.peek().base === null ? pinBase(at.peek()) : go({ base: null })),
  "[": () => go({ from: Math.max(1, at.peek()) }),
  "]": () => go({ to: Math.max(1, at.peek()) }),
  "0": () => go({ from: null, to: null }),
  c: () => copy(currentCli(), "command"),
  "1": () => go({ pane: "state" }),
  "2": () => go({ pane: "diff" }),
  "3": () => go({ pane: "blame" }),
  "4": () => go({ pane: "watch" }),
  "5": () => go({ pane: "event" }),
  "6": () => go({ pane: "all" }),
  "7": () => go({ pane: "collab" }),
  "8": () => go({ pane: "integrity" }),
  "?": () => {
    help.value = true;
  },
};

export function listenToKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]") !== null) return;
    const isArrow = event.key.startsWith("Arrow");
    // On a button, space presses it.
    if (event.key === " " && event.target instanceof HTMLButtonElement) return;
    const act = KEYS[event.shiftKey && isArrow ? `Shift+${event.key}` : event.key];
    if (act === undefined) return;
    event.preventDefault();
    void act();
  });
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement
  );
}

function focusOn(id: string): void {
  document.getElementById(id)?.focus();
}
