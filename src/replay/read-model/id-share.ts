const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** The ids whose hash ends with some bits: all of them, a half, a quarter … */
export class IdShare {
  static readonly ALL = new IdShare(0, 0);
  /** How many bits are compared: the share is one of 2 to the power of this. */
  readonly bits: number;
  readonly #ending: number;

  private constructor(bits: number, ending: number) {
    this.bits = bits;
    this.#ending = ending;
  }

  /** 1 for all ids, 0.5 for a half. */
  get size(): number {
    return 1 / 2 ** this.bits;
  }

  has(id: string): boolean {
    return this.bits === 0 || (hashOf(id) & (2 ** this.bits - 1)) === this.#ending;
  }

  halves(): readonly [IdShare, IdShare] {
    const bits = this.bits + 1;
    return [new IdShare(bits, this.#ending), new IdShare(bits, this.#ending + 2 ** this.bits)];
  }
}

/** FNV-1a of its code units: the same id has the same one in each walk, and that is all that it is for. */
function hashOf(id: string): number {
  let hash = FNV_OFFSET;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), FNV_PRIME);
  return (hash ^ (hash >>> 15)) >>> 0;
}
