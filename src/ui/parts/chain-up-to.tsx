import type { ChainAnswer } from "../../ui-server/answers.js";
import { number, visible } from "../format.js";
import { goTo } from "../walk.js";

interface ChainUpToProps {
  readonly chain: ChainAnswer;
  /** At most the tail. */
  readonly offset: number;
  /** Of the event at that offset. */
  readonly hash: string;
}

/** Whether everything up to an offset is as it was sealed, as far as that is known. */
export function ChainUpTo({ chain, offset, hash }: ChainUpToProps) {
  const { verified, fault, trouble, state, to } = chain;
  if (offset > 0 && verified.offset >= offset) {
    return (
      <p class="seal ok">
        ✓ chain ok from event 1 to {number(offset)}, hash <code title={hash}>{hash.slice(0, 16)}…</code>
      </p>
    );
  }
  if (fault !== null) {
    return (
      <div class="seal bad" role="alert">
        <p>
          ✖ the chain breaks at{" "}
          <button type="button" class="link" onClick={() => goTo(fault.offset)}>
            event {number(fault.offset)}
          </button>
          : {visible(fault.message)}
        </p>
        <p>
          What to do: {visible(fault.hint ?? "compare it with a backup")}. <code>sessiondb verify</code> and{" "}
          <code>sessiondb doctor</code> say more.
        </p>
      </div>
    );
  }
  if (trouble !== null) {
    return (
      <p class="seal bad">
        verified up to event {number(verified.offset)}; then it could not be read: {visible(trouble.message)}. It is
        tried again.
      </p>
    );
  }
  if (state === "waiting") return <p class="seal">The chain is verified when the log has been read.</p>;
  if (to === 0) return <p class="seal">There is no event yet.</p>;
  return (
    <p class="seal" role="status">
      verifying the chain: {number(verified.offset)} of {number(Math.max(to, offset))} events{" "}
      <progress max={Math.max(to, offset)} value={verified.offset} aria-label="events verified" />
    </p>
  );
}
