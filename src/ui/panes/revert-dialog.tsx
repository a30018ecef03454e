import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import type { RevertAnswer } from "../../ui-server/answers.js";
import { ask, type Failure } from "../api.js";
import { dotted, number, visible } from "../format.js";
import { hello } from "../live.js";
import { Actor } from "../parts/actor.js";
import { FailureNotice } from "../parts/notice.js";
import { goLive } from "../walk.js";
import { ChangesTable } from "./changes-table.js";

type Target = { readonly event: number } | { readonly to: number };

const asked = signal<{ readonly session: string; readonly target: Target } | undefined>(undefined);

export function askRevert(session: string, target: Target): void {
  asked.value = { session, target };
}

/** Shows what would change, and does exactly that once it is confirmed. */
export function RevertDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const isOpen = asked.value !== undefined;
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
  }, [isOpen]);
  if (asked.value === undefined) return null;
  return (
    <dialog
      ref={dialog}
      aria-label="revert"
      onClose={() => {
        asked.value = undefined;
      }}
    >
      <Preview {...asked.value} close={() => dialog.current?.close()} />
    </dialog>
  );
}

function Preview({ session, target, close }: { session: string; target: Target; close: () => void }) {
  const [preview, show] = useState<RevertAnswer | undefined>(undefined);
  const [failure, fail] = useState<Failure | undefined>(undefined);
  const [reason, setReason] = useState("");
  const [isBusy, setBusy] = useState(false);
  const key = hello.value?.actKey ?? null;
  useEffect(() => {
    ask<RevertAnswer>("/api/revert/preview", { key, act: { session, target } }).then(show, fail);
  }, [session, target, key]);
  const act = async () => {
    setBusy(true);
    const note = reason.trim() === "" ? {} : { reason: reason.trim() };
    try {
      const version = preview?.version ?? 0;
      await ask<RevertAnswer>("/api/revert", { key, act: { session, target, version, ...note } });
      close();
      goLive();
    } catch (error) {
      fail(error as Failure);
      show(undefined);
    }
    setBusy(false);
  };
  return (
    <form
      method="dialog"
      onSubmit={(event) => {
        event.preventDefault();
        if (preview !== undefined && preview.changes.length > 0 && !isBusy) void act();
      }}
    >
      <h2>{"event" in target ? `Revert event ${target.event}` : `Revert to offset ${target.to}`}</h2>
      <p>
        {visible(session)}, by a new event of <Actor name={hello.value?.actor ?? ""} />. Nothing is erased: the new
        event can be reverted, too.
      </p>
      {failure !== undefined && <FailureNotice failure={failure} />}
      {preview !== undefined && (
        <div class="preview">
          {preview.changes.length === 0 ? <p>Nothing would change.</p> : <ChangesTable changes={preview.changes} />}
          {preview.conflicts.length > 0 && (
            <div class="notice failure">
              <strong>{number(preview.conflicts.length)} places were changed later and keep their value</strong>
              <ul>
                {preview.conflicts.map(({ path, by }) => (
                  <li key={path}>
                    {visible(dotted(path))}: event {by.offset}, <Actor name={by.actor} />
                  </li>
                ))}
              </ul>
            </div>
          )}
        </div>
      )}
      <label>
        Why{" "}
        <input
          class="search"
          value={reason}
          placeholder="for the audit trail"
          onInput={(event) => setReason(event.currentTarget.value)}
        />
      </label>
      <p class="acts">
        <button type="button" onClick={close}>
          Cancel
        </button>
        <button type="submit" class="danger" disabled={preview === undefined || preview.changes.length === 0 || isBusy}>
          Write the revert
        </button>
      </p>
    </form>
  );
}
