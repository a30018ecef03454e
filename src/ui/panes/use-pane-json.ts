import { useEffect } from "preact/hooks";
import { paneJson } from "../parts/pane-json.js";

/** What "copy as JSON" copies while this pane is open. */
export function usePaneJson(answer: unknown): void {
  useEffect(() => {
    paneJson.value = answer;
  }, [answer]);
}
