import { colourOf } from "../colours.js";
import { visible } from "../format.js";

/** The type of an event with the colour that it has in the timeline. */
export function TypeTag({ type }: { type: string }) {
  const short = type.startsWith("session.") ? type.slice("session.".length) : type;
  return (
    <span class="type-tag" title={visible(type)}>
      <span class="dot" style={{ background: colourOf(type) }} />
      {visible(short)}
    </span>
  );
}
