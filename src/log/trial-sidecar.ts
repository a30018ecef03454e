import { assertSidecarName, type Sidecar } from "./sidecar.js";

/** The sidecar of another log, and over it what is written and removed here, in memory alone. */
export class TrialSidecar implements Sidecar {
  readonly #base: Sidecar;
  /** null: removed. */
  readonly #changed = new Map<string, string | null>();

  constructor(base: Sidecar) {
    this.#base = base;
  }

  async read(name: string): Promise<string | null> {
    assertSidecarName(name);
    const changed = this.#changed.get(name);
    return changed === undefined ? this.#base.read(name) : changed;
  }

  async write(name: string, text: string): Promise<void> {
    assertSidecarName(name);
    this.#changed.set(name, text);
  }

  async remove(name: string): Promise<void> {
    assertSidecarName(name);
    this.#changed.set(name, null);
  }

  async list(prefix: string): Promise<string[]> {
    const there = new Set(await this.#base.list(prefix));
    for (const [name, text] of this.#changed) {
      if (text === null) there.delete(name);
      else if (name.startsWith(prefix)) there.add(name);
    }
    return [...there].sort();
  }
}
