import { useEffect, useRef } from "preact/hooks";
import { useWidth } from "../timeline/canvas.js";

interface TabsProps<T extends string> {
  readonly id: string;
  readonly label: string;
  readonly names: ReadonlyArray<readonly [T, string]>;
  readonly chosen: T;
  readonly choose: (tab: T) => void;
}

/** As screen readers know them: the arrows go from one to the next. Its panel has the id `<id>-panel`. */
export function Tabs<T extends string>({ id, label, names, chosen, choose }: TabsProps<T>) {
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const place = names.findIndex(([tab]) => tab === chosen);
    const next = names[(place + step + names.length) % names.length]?.[0];
    if (next === undefined) return;
    choose(next);
    document.getElementById(`${id}-${next}`)?.focus();
  };
  const list = useRef<HTMLDivElement>(null);
  const width = useWidth(list);
  useEffect(() => {
    if (list.current !== null) showChosen(list.current);
  }, [chosen, width]);
  return (
    <div ref={list} class="tabs" role="tablist" aria-label={label} onKeyDown={move}>
      {names.map(([tab, name]) => (
        <button
          key={tab}
          id={`${id}-${tab}`}
          type="button"
          role="tab"
          aria-selected={tab === chosen}
          aria-controls={`${id}-panel`}
          tabIndex={tab === chosen ? 0 : -1}
          onClick={() => choose(tab)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}

/** In a narrow place not all of them are in sight. Only sideways: scrollIntoView would move the whole page, too. */
function showChosen(list: HTMLElement): void {
  const tab = list.querySelector("[aria-selected=true]")?.getBoundingClientRect();
  if (tab === undefined) return;
  const box = list.getBoundingClientRect();
  if (tab.left < box.left) list.scrollLeft -= box.left - tab.left;
  if (tab.right > box.right) list.scrollLeft += tab.right - box.right;
}
