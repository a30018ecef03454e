import { useEffect, useState } from "preact/hooks";
import { ask, type Failure } from "./api.js";
import { generation, isConnected } from "./live.js";

/** What a pane has: the answer to its question, or the last one while the next is under way. */
export interface Answer<T> {
  readonly data: T | undefined;
  readonly failure: Failure | undefined;
  /** The data is of an older question. */
  readonly isStale: boolean;
}

const KEPT = 64;
const AGAIN_MS = 1_000;
const cache = new Map<string, unknown>();
let cacheGeneration = "";

/** The past does not change: what was asked before is known, unless the log was cut back or data was erased. */
function known(url: string): unknown {
  if (cacheGeneration !== generation.peek()) cache.clear();
  cacheGeneration = generation.peek();
  return cache.get(url);
}

function keep(url: string, answer: unknown): void {
  cache.delete(url);
  cache.set(url, answer);
  const [oldest] = cache.keys();
  if (cache.size > KEPT && oldest !== undefined) cache.delete(oldest);
}

/** Asks one question at a time, and after it only the newest: so a slider that moves all the time still shows states. */
class Asker<T> {
  readonly #show: (answer: Answer<T>) => void;
  #wanted: string | undefined;
  #last: string | undefined;
  #busy = false;
  #closed = false;

  constructor(show: (answer: Answer<T>) => void) {
    this.#show = show;
  }

  want(url: string | undefined): void {
    this.#wanted = url;
    if (!this.#busy) void this.#run();
  }

  close(): void {
    this.#closed = true;
  }

  async #run(): Promise<void> {
    this.#busy = true;
    while (this.#wanted !== undefined && !this.#closed) {
      const url = this.#wanted;
      this.#wanted = undefined;
      const answer = await this.#answerTo(url);
      if (!this.#closed) this.#show({ ...answer, isStale: this.#wanted !== undefined });
      this.#last = url;
      if (answer.failure?.code === "UI_READING_UP") setTimeout(() => this.#again(url), AGAIN_MS);
    }
    this.#busy = false;
  }

  /** The server goes on reading. Whoever asked something else since wants no answer any more. */
  #again(url: string): void {
    if (!this.#closed && this.#wanted === undefined && this.#last === url) this.want(url);
  }

  async #answerTo(url: string): Promise<{ data: T | undefined; failure: Failure | undefined }> {
    const before = known(url) as T | undefined;
    if (before !== undefined) return { data: before, failure: undefined };
    try {
      const data = await ask<T>(url);
      keep(url, data);
      return { data, failure: undefined };
    } catch (failure) {
      return { data: undefined, failure: failure as Failure };
    }
  }
}

/** @param url undefined asks nothing. @param version another one asks again, for what is no past */
export function useAnswer<T>(url: string | undefined, version: unknown = ""): Answer<T> {
  const [answer, show] = useState<Answer<T>>({ data: undefined, failure: undefined, isStale: true });
  const [asker] = useState(() => new Asker<T>(show));
  useEffect(() => () => asker.close(), [asker]);
  useEffect(() => {
    if (version !== "" && url !== undefined) cache.delete(url);
    show((last) => ({ ...last, isStale: url !== undefined }));
    asker.want(url);
  }, [asker, url, version, generation.value]);
  useEffect(() => {
    if (isConnected.value && answer.failure !== undefined) asker.want(url);
  }, [isConnected.value]);
  return url === undefined ? { data: undefined, failure: undefined, isStale: false } : answer;
}
