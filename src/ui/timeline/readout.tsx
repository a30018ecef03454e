import { number, visible } from "../format.js";
import { at, tail } from "../live.js";
import { Actor } from "../parts/actor.js";
import { TypeTag } from "../parts/type-tag.js";
import { When } from "../parts/when.js";
import { step } from "../walk.js";

/** Where somebody stands, in words. */
export function Readout() {
  const row = step.value?.row.offset === at.value ? step.value.row : undefined;
  return (
    <div class="readout">
      <p class="big">
        {number(at.value)} <span class="faint">of {number(tail.value)}</span>
      </p>
      {at.value === 0 && <p class="faint">before the first event</p>}
      {row !== undefined && (
        <>
          <p class="cut">
            <TypeTag type={row.type} actor={row.actor} />
          </p>
          <p class="cut faint">{visible(row.session ?? row.stream)}</p>
          <p class="faint">
            <When iso={row.recordedAt} withDay />
          </p>
          <p class="faint">
            <Actor name={row.actor} />
          </p>
        </>
      )}
    </div>
  );
}
