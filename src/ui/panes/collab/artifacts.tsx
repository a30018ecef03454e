import type { PastArtifact } from "../../../inspect/past-collab-shapes.js";
import { size } from "../../format.js";
import { at } from "../../live.js";
import { Actor } from "../../parts/actor.js";
import { StoredText } from "../../parts/value.js";
import { When } from "../../parts/when.js";
import { goTo } from "../../walk.js";
import { ChangesOf } from "./changes-of.js";
import { useParts } from "./use-parts.js";
import { WholeText } from "./whole-text.js";

const PAGE = 50;

/** What was made by then, the last changed first, in its version of then; each with the versions before. */
export function Artifacts({ session }: { session: string }) {
  const { rows, instead, foot } = useParts<PastArtifact>(session, "artifact", PAGE, ["artifact", "artifacts"]);
  if (instead !== undefined) return instead;
  return (
    <>
      <ul class="memories">
        {rows.map((artifact) => (
          <li key={artifact.key} class={artifact.offset === at.value ? "changed" : ""}>
            <p class="about">
              <strong>
                <StoredText text={artifact.key} most={120} />
              </strong>
              {artifact.name !== artifact.key && <StoredText text={artifact.name} most={80} />}
              <span class="tag">
                <StoredText text={artifact.format ?? artifact.type} most={40} />
              </span>
              <span>
                v{artifact.version} · {size(artifact.chars)}
              </span>
              {artifact.taskId !== null && (
                <span>
                  of task <StoredText text={artifact.taskId} most={40} />
                </span>
              )}
              <span class="set-by">
                <Actor name={artifact.actor} /> <When iso={artifact.updated} withDay />{" "}
                <button type="button" class="link" onClick={() => goTo(artifact.contentOffset)}>
                  {artifact.contentOffset}
                </button>
              </span>
            </p>
            <WholeText
              offset={artifact.contentOffset}
              preview={artifact.preview}
              chars={artifact.chars}
              isText={artifact.encoding === "utf8"}
            />
            {artifact.version > 1 && (
              <ChangesOf session={session} kind="artifact" id={artifact.key} label={`${artifact.version} versions`} />
            )}
          </li>
        ))}
      </ul>
      {foot}
    </>
  );
}
