import type { Hono } from "hono";
import * as z from "zod";
import { checkProjections, type ProjectionCheck, projectionStates } from "../inspect/projections.js";
import { signedTails } from "../inspect/signed-tails.js";
import type { SigningKey } from "../inspect/signing-key.js";
import type { StoreSizes } from "../inspect/store-sizes.js";
import type {
  ChainAnswer,
  IntegrityAnswer,
  ProjectionCheckAnswer,
  ProjectionsAnswer,
  SignedAnswer,
  StoreSizesAnswer,
} from "./answers.js";
import { errorAnswer } from "./error-answer.js";
import type { LookedAtStore } from "./looked-at-store.js";
import { parameters, text } from "./parameters.js";

/** A file of signatures, and the keys that it must have been made with. */
export interface SignedFile {
  readonly path: string;
  readonly keys: readonly SigningKey[];
}

export interface IntegrityOptions {
  readonly signed: SignedFile | undefined;
  /** What the store takes on disk; undefined where nobody can tell. */
  readonly sizes: (() => Promise<StoreSizes | null>) | undefined;
}

/** Questions about whether the log, and what is computed from it, are as they should be. None of them changes anything. */
export function integrityRoutes(app: Hono, store: LookedAtStore, { signed, sizes }: IntegrityOptions): void {
  app.get("/api/chain", (c) => {
    const { again } = parameters(c.req.url, { again: z.literal("yes").optional() });
    if (again !== undefined) store.chain.again();
    const status = store.chain.look();
    return c.json({ schema: "ui-chain/1", offset: status.to, ...status } satisfies ChainAnswer);
  });

  app.get("/api/integrity", async (c) => {
    parameters(c.req.url, {});
    const tail = await store.log.tail();
    const movedTo = (await store.log.movedTo?.()) ?? null;
    const answer = { tail, movedTo, signed: await signedAnswer(store, signed), wakeUps: store.index.wakeUps };
    const known = { offset: tail.offset, ...answer, hasSizes: sizes !== undefined };
    return c.json({ schema: "ui-integrity/1", ...known } satisfies IntegrityAnswer);
  });

  app.get("/api/projections", async (c) => {
    parameters(c.req.url, {});
    const found = await projectionStates(store.log);
    return c.json({ schema: "ui-projections/1", ...found } satisfies ProjectionsAnswer);
  });

  const check = oneAtATime((name: string) => checkProjections(store.log, [name]));
  app.get("/api/projection-check", async (c) => {
    const { name } = parameters(c.req.url, { name: text.min(1) });
    const [found] = await check(name);
    const { offset: tail } = await store.log.tail();
    const answer = { offset: tail, check: found as ProjectionCheck };
    return c.json({ schema: "ui-projection-check/1", ...answer } satisfies ProjectionCheckAnswer);
  });

  app.get("/api/store-sizes", async (c) => {
    parameters(c.req.url, {});
    const { offset } = await store.log.tail();
    const found = (await sizes?.()) ?? null;
    return c.json({ schema: "ui-store-sizes/1", offset, sizes: found } satisfies StoreSizesAnswer);
  });
}

/** A file that is wrong is an answer: the rest of the page is still to be seen. */
async function signedAnswer(store: LookedAtStore, signed: SignedFile | undefined): Promise<SignedAnswer | null> {
  if (signed === undefined) return null;
  const { path: file, keys } = signed;
  try {
    return { file, error: null, found: await signedTails(store.log, file, keys) };
  } catch (error) {
    return { file, error: errorAnswer(error, store.log.url).answer.error, found: null };
  }
}

/** Each of them folds the log anew: two at once would take twice the memory. */
function oneAtATime<T>(act: (name: string) => Promise<T>): (name: string) => Promise<T> {
  let turn: Promise<unknown> = Promise.resolve();
  return (name) => {
    const mine = turn.then(() => act(name));
    turn = mine.catch(() => undefined); // who asked gets the error
    return mine;
  };
}
