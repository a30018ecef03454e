import { colourOf } from "../colours.js";
import { visible } from "../format.js";
import { place } from "../place.js";

/** The type of an event, with the colour that the event has in the timeline. Without an actor it is that of the type. */
export function TypeTag({ type, actor }: { type: string; actor?: string }) {
  const isByActor = actor !== undefined && place.value.by === "actor";
  const background = isByActor ? colourOf(actor, "actor") : colourOf(type);
  const short = type.startsWith("session.") ? type.slice("session.".length) : type;
  return (
    <span class="type-tag" title={visible(type)}>
      <span class="dot" style={{ background }} />
      {visible(short)}
    </span>
  );
}
