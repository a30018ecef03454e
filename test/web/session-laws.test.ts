import { join } from "node:path";
import { expect, test } from "vitest";
import { destroySessionsOfUser, expireSessions } from "../../src/web-session/ending-sessions.js";
import { openWebSessions } from "../../src/web-session/open-web-sessions.js";
import { fc } from "../support/fast-check.js";
import { tempDir } from "../support/temp.js";
import { sessionOf, TestClock } from "./web-stores.js";

const USERS = ["ada", "bob"] as const;
const INTERVAL_S = 60;

type Act =
  | { readonly kind: "set"; readonly sid: string; readonly user: string | undefined; readonly maxAgeS: number }
  | { readonly kind: "touch"; readonly sid: string; readonly maxAgeS: number }
  | { readonly kind: "destroy"; readonly sid: string }
  | { readonly kind: "revoke"; readonly user: string }
  | { readonly kind: "sweep" }
  | { readonly kind: "pass"; readonly seconds: number };

const sid = fc.constantFrom("a", "b", "c");
const maxAgeS = fc.constantFrom(1, 100, 1000);
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({
    kind: fc.constant("set" as const),
    sid,
    user: fc.constantFrom(...USERS, undefined),
    maxAgeS,
  }),
  fc.record({ kind: fc.constant("touch" as const), sid, maxAgeS }),
  fc.record({ kind: fc.constant("destroy" as const), sid }),
  fc.record({ kind: fc.constant("revoke" as const), user: fc.constantFrom(...USERS) }),
  fc.record({ kind: fc.constant("sweep" as const) }),
  fc.record({ kind: fc.constant("pass" as const), seconds: fc.constantFrom(0.5, 30, 70, 500) }),
);

/** What a session is, told without events: `ends` may lie up to an interval behind what touches asked for. */
interface Model {
  n: number;
  user: string | undefined;
  ends: number;
  asked: number;
  isDestroyed: boolean;
}

test("whatever is done through two processes, sessions are as a plain table would have them", {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(act, fc.boolean()), { minLength: 5, maxLength: 30 }), async (acts) => {
      const clock = new TestClock();
      const url = `sqlite:${join(tempDir(), "s.db")}`;
      const stores = [
        await openWebSessions({ url, now: clock.now }),
        await openWebSessions({ url, now: clock.now }),
      ] as const;
      const table = new Map<string, Model>();
      const nowS = () => clock.now().getTime() / 1000;
      const lives = (one: Model | undefined) => one !== undefined && !one.isDestroyed && one.ends > nowS();
      let n = 0;
      try {
        for (const [one, second] of acts) {
          const store = stores[second ? 1 : 0];
          switch (one.kind) {
            case "pass":
              clock.pass(one.seconds);
              break;
            case "sweep":
              await expireSessions(store);
              break;
            case "revoke":
              await destroySessionsOfUser(store, one.user);
              // One that has expired was swept, or is ended here: no save is refused for the former only.
              for (const [key, model] of table) {
                if (model.user !== one.user || model.isDestroyed) continue;
                if (lives(model)) model.isDestroyed = true;
                else table.delete(key);
              }
              break;
            case "destroy": {
              await store.destroy(one.sid);
              const model = table.get(one.sid);
              if (model !== undefined) model.isDestroyed = true;
              break;
            }
            case "touch": {
              await store.touch(one.sid, sessionOf({}, one.maxAgeS * 1000, clock.now()));
              const model = table.get(one.sid);
              if (model !== undefined && lives(model)) model.asked = nowS() + one.maxAgeS;
              break;
            }
            case "set": {
              const data = sessionOf(
                { n: ++n, ...(one.user === undefined ? {} : { user_id: one.user }) },
                one.maxAgeS * 1000,
                clock.now(),
              );
              const outcome = await store.set(one.sid, data).then(
                () => "saved",
                (error: { code: string }) => error.code,
              );
              const before = table.get(one.sid);
              if (before?.isDestroyed === true) expect(outcome).toBe("WEB_SESSION_ENDED");
              if (outcome !== "saved") break;
              const ends = nowS() + one.maxAgeS;
              table.set(one.sid, { n, user: one.user, ends, asked: ends, isDestroyed: false });
              break;
            }
            default:
              throw new TypeError(`unhandled ${one satisfies never}`);
          }
          for (const key of ["a", "b", "c"]) {
            const [first, other] = [await stores[0].get(key), await stores[1].get(key)];
            expect(first).toEqual(other);
            const model = table.get(key);
            if (first === null) {
              // Late by an interval at most, and never while it was used in time.
              if (model !== undefined && !model.isDestroyed)
                expect(model.asked - Math.max(INTERVAL_S, 0)).toBeLessThanOrEqual(nowS());
              if (model !== undefined) model.ends = Math.min(model.ends, nowS());
              continue;
            }
            expect(model?.isDestroyed).toBe(false);
            expect(first).toMatchObject({ n: model?.n });
            const ends = Date.parse((first as { cookie: { expires: string } }).cookie.expires) / 1000;
            expect(ends).toBeGreaterThan(nowS());
            expect(ends).toBeLessThanOrEqual(Math.max(model?.ends ?? 0, model?.asked ?? 0));
            if (model !== undefined) model.ends = ends;
          }
        }
      } finally {
        for (const store of stores) await store.close();
      }
    }),
    { numRuns: 60 },
  );
});
