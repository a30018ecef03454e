import { go, place } from "../place.js";

/** Takes out all events that do not write this place, or something in it; once more brings them back. */
export function OnlyPath({ path }: { path: string }) {
  const isOn = place.value.paths.includes(path);
  // The whole record is written by all of them.
  if (path === "" || path === "/") return null;
  return (
    <button
      type="button"
      class="only"
      aria-pressed={isOn}
      title="only events that write this path, in any session"
      onClick={() => go({ paths: isOn ? [] : [path] })}
    >
      only this path
    </button>
  );
}
