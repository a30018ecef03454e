import { useState } from "preact/hooks";
import type { ChainAnswer, IntegrityAnswer } from "../../ui-server/answers.js";
import { useAnswer } from "../answer.js";
import { ask } from "../api.js";
import { number, visible } from "../format.js";
import { tail } from "../live.js";
import { ChainUpTo } from "../parts/chain-up-to.js";
import { FailureNotice, Notice } from "../parts/notice.js";
import { useTick } from "../parts/use-tick.js";
import { When } from "../parts/when.js";
import { useChain } from "../use-chain.js";
import { goTo } from "../walk.js";
import { ReadModels } from "./integrity/read-models.js";
import { Signatures } from "./integrity/signatures.js";
import { StoreSizesPart } from "./integrity/store-sizes.js";
import { WakeUpsPart } from "./integrity/wake-ups.js";
import { usePaneJson } from "./use-pane-json.js";

const AGAIN_MS = 5_000;

/** Whether the log, and what is computed from it, are as they should be. About the whole log, wherever somebody stands in it. */
export function IntegrityPane() {
  const chain = useChain();
  const { data, failure } = useAnswer<IntegrityAnswer>("/api/integrity", `${useTick(AGAIN_MS)} ${tail.value}`);
  usePaneJson(data && { ...data, chain: chain.data });
  return (
    <div class="integrity">
      <h2>Chain</h2>
      {chain.failure !== undefined && <FailureNotice failure={chain.failure} />}
      {chain.data !== undefined && <Chain chain={chain.data} />}
      {failure !== undefined && <FailureNotice failure={failure} />}
      {data !== undefined && <Tail answer={data} />}
      {data !== undefined && <Signatures signed={data.signed} />}
      <ReadModels />
      {data !== undefined && <WakeUpsPart wakeUps={data.wakeUps} />}
      {data?.hasSizes === true && <StoreSizesPart />}
    </div>
  );
}

function Chain({ chain }: { chain: ChainAnswer }) {
  const [isAsked, wait] = useState(false);
  const again = async () => {
    wait(true);
    await ask<ChainAnswer>("/api/chain?again=yes").catch(() => undefined); // the next look says what is wrong
    wait(false);
  };
  // The log goes on growing: what is verified is told, and that the rest is looked at next.
  const upTo = chain.state === "whole" ? chain.verified.offset : Math.max(chain.to, 1);
  return (
    <>
      <ChainUpTo chain={chain} offset={upTo} hash={chain.verified.hash} />
      <p class="acts">
        <button type="button" disabled={isAsked} onClick={() => void again()}>
          Verify again from event 1
        </button>
        {chain.checkedAt !== null && (
          <span class="faint">
            last looked at <When iso={chain.checkedAt} withDay />
          </span>
        )}
      </p>
    </>
  );
}

function Tail({ answer: { tail: last, movedTo } }: { answer: IntegrityAnswer }) {
  return (
    <>
      {movedTo !== null && <Notice title={`This log is frozen: it goes on at ${visible(movedTo)}.`} />}
      <dl class="facts">
        <dt>last event</dt>
        <dd>
          <button type="button" class="link" onClick={() => goTo(last.offset)}>
            {number(last.offset)}
          </button>{" "}
          {last.offset > 0 && <When iso={last.recordedAt} withDay />}
        </dd>
        <dt>tail hash</dt>
        <dd>
          <code class="hash">{last.hash}</code>
        </dd>
      </dl>
      <p class="foot">
        An unkeyed chain finds accidents and careless edits. Keep the tail hash elsewhere and check it with{" "}
        <code>sessiondb verify --expect-head</code>, or sign it.
      </p>
    </>
  );
}
