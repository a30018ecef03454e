import { useState } from "preact/hooks";
import type { StoreSizes } from "../../../inspect/store-sizes.js";
import type { StoreSizesAnswer } from "../../../ui-server/answers.js";
import { useAnswer } from "../../answer.js";
import { size } from "../../format.js";
import { FailureNotice } from "../../parts/notice.js";
import { go } from "../../place.js";

/** What the store takes on disk. Only when somebody asks: of some kinds, all of it is read for that. */
export function StoreSizesPart() {
  const [asked, askAgain] = useState(0);
  const { data, failure } = useAnswer<StoreSizesAnswer>(asked === 0 ? undefined : "/api/store-sizes", asked);
  return (
    <>
      <h2>Sizes</h2>
      {failure !== undefined && <FailureNotice failure={failure} />}
      {data?.sizes === null && <p class="foot">Of this kind of store nothing is known.</p>}
      {data?.sizes != null && <Parts sizes={data.sizes} />}
      <p class="acts">
        <button type="button" onClick={() => askAgain(asked + 1)}>
          {asked === 0 ? "Measure the store on disk" : "Measure again"}
        </button>
        <button type="button" class="quiet" onClick={() => go({ strip: "growth" }, "replace")}>
          text by type and day
        </button>
      </p>
    </>
  );
}

function Parts({ sizes: { parts, bytes } }: { sizes: StoreSizes }) {
  return (
    <table>
      <thead>
        <tr>
          <th>Part</th>
          <th class="number">On disk</th>
          <th>Share</th>
        </tr>
      </thead>
      <tbody>
        {parts.map((one) => (
          <tr key={one.part}>
            <td>{one.part}</td>
            <td class="number">{size(one.bytes)}</td>
            <td class="bar">
              <span class="fill" style={{ width: `${(one.bytes / Math.max(1, bytes)) * 100}%` }} />
            </td>
          </tr>
        ))}
        <tr>
          <td>all</td>
          <td class="number">{size(bytes)}</td>
          <td />
        </tr>
      </tbody>
    </table>
  );
}
