import type { ComponentChildren } from "preact";
import type { Failure } from "../api.js";
import { visible } from "../format.js";

/** A sentence, and what to do. */
export function Notice({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="notice">
      <strong>{title}</strong>
      {children}
    </div>
  );
}

export function FailureNotice({ failure }: { failure: Failure }) {
  return (
    <div class="notice failure" role="alert">
      <strong>{visible(failure.message)}</strong>
      {failure.hint !== undefined && <p>What to do: {visible(failure.hint)}</p>}
      <code>{failure.code}</code>
    </div>
  );
}
