import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

export const help = signal(false);

const ROWS: ReadonlyArray<readonly [keys: string, what: string]> = [
  ["j k  ← →", "next event, event before (of those that the filter shows)"],
  ["Shift ← →", "previous and next change of the watched path"],
  ["Home  End", "the first event; Live at the end"],
  ["Space", "play and stop"],
  ["/  g", "find a text, or go to 42, v3, mark:name, 2h, today 18:00"],
  ["1 – 8", "State, Diff, Blame, Watch, Event, All sessions, Collab, Integrity"],
  ["d", "pin this offset as the base of a diff; again: unpin"],
  ["[  ]  0", "look only at what is behind, or before, this offset; at all again"],
  ["c", "copy the command that prints this"],
  ["?", "this help; Esc closes it"],
];

export function HelpDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (help.value) dialog.current?.showModal();
  }, [help.value]);
  if (!help.value) return null;
  return (
    <dialog
      ref={dialog}
      aria-label="keys"
      onClose={() => {
        help.value = false;
      }}
    >
      <h2>Keys</h2>
      <dl class="keys">
        {ROWS.map(([keys, what]) => (
          <>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </>
        ))}
      </dl>
      <p>Drag over the bars to look closer; click a name to watch it; every view has its link in the address.</p>
      <button type="button" onClick={() => dialog.current?.close()}>
        Close
      </button>
    </dialog>
  );
}
