import type { OnProgress } from "./model-engine.js";

/** About what folding takes of the whole time. */
const FOLD_SHARE = 0.8;

/** How far a fill is, told as an offset of the log. It never goes back, also where a share is halved on the way. */
export class FillProgress {
  readonly #to: number;
  readonly #onProgress: OnProgress | undefined;
  /** Of 1. */
  #done = 0;
  #told = 0;

  constructor(to: number, onProgress: OnProgress | undefined) {
    this.#to = to;
    this.#onProgress = onProgress;
  }

  /** @param size of the share that is folded, as the others */
  folded(offset: number, size: number): void {
    this.#tell(this.#done + size * FOLD_SHARE * (offset / this.#to));
  }

  /** @param part of the share's documents, of 1 */
  written(part: number, size: number): void {
    this.#tell(this.#done + size * (FOLD_SHARE + (1 - FOLD_SHARE) * part));
  }

  done(size: number): void {
    this.#done += size;
    this.#tell(this.#done);
  }

  #tell(part: number): void {
    this.#told = Math.max(this.#told, Math.floor(this.#to * part));
    this.#onProgress?.(this.#told, this.#to);
  }
}
