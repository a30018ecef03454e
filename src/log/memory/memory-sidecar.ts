import { assertSidecarName, type Sidecar } from "../sidecar.js";

export class MemorySidecar implements Sidecar {
  readonly #texts = new Map<string, string>();

  async read(name: string): Promise<string | null> {
    assertSidecarName(name);
    return this.#texts.get(name) ?? null;
  }

  async write(name: string, text: string): Promise<void> {
    assertSidecarName(name);
    this.#texts.set(name, text);
  }

  async remove(name: string): Promise<void> {
    assertSidecarName(name);
    this.#texts.delete(name);
  }

  async list(prefix: string): Promise<string[]> {
    return [...this.#texts.keys()].filter((name) => name.startsWith(prefix)).sort();
  }
}
