import { useState } from "preact/hooks";
import type { CollabContentAnswer } from "../../../ui-server/answers.js";
import { useAnswer } from "../../answer.js";
import { address } from "../../api.js";
import { number, size } from "../../format.js";
import { FailureNotice } from "../../parts/notice.js";
import { StoredText } from "../../parts/value.js";
import { Waiting } from "../../parts/waiting.js";

interface WholeTextProps {
  /** The event that holds it. */
  readonly offset: number;
  /** What the list has of it. */
  readonly preview: string;
  /** Of all of it. */
  readonly chars: number;
  readonly isText?: boolean;
}

/** Drawn before somebody asks for more. */
const SHOWN_CHARS = 4_000;

/** A text of which a list has the beginning; the rest is fetched when somebody asks for it. */
export function WholeText({ offset, preview, chars, isText = true }: WholeTextProps) {
  const [isOpen, open] = useState(false);
  return (
    <div class="whole-text">
      {isOpen ? <Fetched offset={offset} /> : <StoredText text={preview} />}
      {preview.length < chars && (
        <>
          {!isOpen && preview !== "" && "… "}
          <button type="button" class="more" aria-expanded={isOpen} onClick={() => open(!isOpen)}>
            {isOpen ? "show less" : isText ? `${number(chars)} characters` : `${size(chars)} of base64`}
          </button>
        </>
      )}
    </div>
  );
}

function Fetched({ offset }: { offset: number }) {
  const { data, failure } = useAnswer<CollabContentAnswer>(address("collab-content", { at: offset }));
  if (failure !== undefined) return <FailureNotice failure={failure} />;
  if (data === undefined) return <Waiting />;
  if (data.text === null) return <em>It was erased, or cannot be read.</em>;
  return (
    <>
      <StoredText text={data.text} most={SHOWN_CHARS} />
      {data.text.length < data.chars && (
        <p class="foot">
          the first {number(data.text.length)} of {number(data.chars)} characters
        </p>
      )}
    </>
  );
}
