import type { SignedAnswer } from "../../../ui-server/answers.js";
import { number, visible } from "../../format.js";
import { Notice } from "../../parts/notice.js";
import { When } from "../../parts/when.js";
import { goTo } from "../../walk.js";

/** What somebody signed of this log, where the command named a file of it. */
export function Signatures({ signed }: { signed: SignedAnswer | null }) {
  return (
    <>
      <h2>Signatures</h2>
      {signed === null ? (
        <p class="foot">
          No file of signatures was named: <code>sessiondb ui --signed FILE --key FILE.pub</code> shows one, and{" "}
          <code>sessiondb sign --append FILE</code> makes it.
        </p>
      ) : (
        <File signed={signed} />
      )}
    </>
  );
}

function File({ signed: { file, found, error } }: { signed: SignedAnswer }) {
  if (found === null) {
    return (
      <div class="notice failure" role="alert">
        <strong>
          {visible(file)}: {visible(error?.message ?? "it cannot be read")}
        </strong>
        {error?.hint !== undefined && <p>What to do: {visible(error.hint)}</p>}
        <code>{error?.code}</code>
      </div>
    );
  }
  const { last, signatures, fits } = found;
  if (!fits) {
    return (
      <Notice title={`This log is not what was signed at offset ${number(last.offset)}.`}>
        <p>
          <code>sessiondb verify --key FILE.pub --signed {visible(file)}</code> finds where it differs. It was cut back,
          or written anew, or it is another log: compare it with a backup.
        </p>
      </Notice>
    );
  }
  return (
    <>
      <p class="seal ok">
        ✓ as it was signed at{" "}
        <button type="button" class="link" onClick={() => goTo(last.offset)}>
          event {number(last.offset)}
        </button>{" "}
        on <When iso={last.signedAt} withDay />
      </p>
      <p class="foot">
        {number(signatures)} in {visible(file)}, by the key <code>{last.key.slice(0, 16)}…</code>; where the chain is ok
        up to there, so is everything before it.
      </p>
    </>
  );
}
