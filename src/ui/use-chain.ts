import { useState } from "preact/hooks";
import type { ChainAnswer } from "../ui-server/answers.js";
import { type Answer, useAnswer } from "./answer.js";
import { tail } from "./live.js";
import { useTick } from "./parts/use-tick.js";

const RUNNING_MS = 500;
const STILL_MS = 3_000;

/** How far the chain is verified; asking is what makes the server go on. */
export function useChain(): Answer<ChainAnswer> {
  const [isRunning, run] = useState(true);
  const answer = useAnswer<ChainAnswer>("/api/chain", useTick(isRunning ? RUNNING_MS : STILL_MS));
  const { state = "waiting", verified } = answer.data ?? {};
  const runs = ["waiting", "running"].includes(state) || (state === "whole" && (verified?.offset ?? 0) < tail.value);
  if (runs !== isRunning) run(runs);
  return answer;
}
