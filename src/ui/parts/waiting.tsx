import { useEffect, useState } from "preact/hooks";
import { number } from "../format.js";
import { isReadingUp, status } from "../live.js";

/** A wait that is shorter needs no words. */
const SILENT_MS = 600;

/** In the place of an answer that is under way: where it takes long, why, and how far it is. */
export function Waiting() {
  const [isLong, say] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => say(true), SILENT_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!isLong) return <div class="skeleton" />;
  const { indexed, tail } = status.value;
  return (
    <div class="skeleton">
      <p class="foot" role="status">
        {isReadingUp.value
          ? `Reading the log: ${number(indexed)} of ${number(tail)} events. This comes when it has been read.`
          : "The answer is being computed. The first one of a long log takes longest."}{" "}
        {isReadingUp.value && <progress max={tail} value={indexed} aria-label="events read" />}
      </p>
    </div>
  );
}
