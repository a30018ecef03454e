import { useState } from "preact/hooks";
import type { BisectAnswer } from "../../ui-server/answers.js";
import { address, ask, type Failure } from "../api.js";
import { visible } from "../format.js";
import { at, tail } from "../live.js";
import { Actor } from "../parts/actor.js";
import { FailureNotice } from "../parts/notice.js";
import { goTo } from "../walk.js";
import { ChangesTable } from "./changes-table.js";

const TESTS = ["equals", "exists", "missing"] as const;

/** The first event after which a value was no longer as it should be. */
export function Bisect({ session, path }: { session: string; path: string }) {
  const [good, setGood] = useState("1");
  const [bad, setBad] = useState(String(tail.value));
  const [test, setTest] = useState<(typeof TESTS)[number]>("exists");
  const [value, setValue] = useState("");
  const [found, show] = useState<BisectAnswer | undefined>(undefined);
  const [failure, fail] = useState<Failure | undefined>(undefined);
  const search = async () => {
    show(undefined);
    fail(undefined);
    const condition = test === "equals" ? { test, value } : { test };
    try {
      show(await ask<BisectAnswer>(address("bisect", { session, path, good, bad, ...condition })));
    } catch (error) {
      fail(error as Failure);
    }
  };
  return (
    <details class="bisect">
      <summary>Bisect: which event broke it?</summary>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void search();
        }}
      >
        <label>
          good at{" "}
          <input
            inputMode="numeric"
            pattern="[0-9]+"
            value={good}
            onInput={(event) => setGood(event.currentTarget.value)}
          />
        </label>
        <button type="button" onClick={() => setGood(String(at.value))}>
          here
        </button>
        <label>
          bad at{" "}
          <input
            inputMode="numeric"
            pattern="[0-9]+"
            value={bad}
            onInput={(event) => setBad(event.currentTarget.value)}
          />
        </label>
        <button type="button" onClick={() => setBad(String(at.value))}>
          here
        </button>
        <label>
          good means it{" "}
          <select value={test} onChange={(event) => setTest(event.currentTarget.value as (typeof TESTS)[number])}>
            {TESTS.map((one) => (
              <option key={one} value={one}>
                {one === "missing" ? "is missing" : one}
              </option>
            ))}
          </select>
        </label>
        {test === "equals" && (
          <input
            aria-label="value when good"
            placeholder="value"
            value={value}
            onInput={(event) => setValue(event.currentTarget.value)}
          />
        )}
        <button type="submit">Bisect</button>
      </form>
      {failure !== undefined && <FailureNotice failure={failure} />}
      {found !== undefined && (
        <div role="status">
          {found.suspects.map((suspect) => (
            <div key={suspect.offset} class="suspect">
              <p>
                Broken by{" "}
                <button type="button" class="link" onClick={() => goTo(suspect.offset)}>
                  event {suspect.offset}
                </button>{" "}
                (v{suspect.version}), <Actor name={suspect.actor} />
                {typeof suspect.reason === "string" && <q>{visible(suspect.reason)}</q>}, found in {found.steps} steps
              </p>
              <ChangesTable changes={suspect.changes} />
            </div>
          ))}
        </div>
      )}
    </details>
  );
}
