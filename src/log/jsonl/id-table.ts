const FIRST_SLOTS = 1024;

/**
 * Event id → offset in 8 bytes a slot, at most half full: a Map of a million ids takes ten times as much. It keeps
 * 32 bits of an id, so a hit is only very probable, and the caller compares the id itself.
 */
export class IdTable {
  #offsets = new Uint32Array(FIRST_SLOTS);
  #prints = new Uint32Array(FIRST_SLOTS);
  #count = 0;

  add(id: string, offset: number): void {
    if (++this.#count * 2 > this.#offsets.length) this.#grow();
    this.#put(slotKey(id), print(id), offset);
  }

  /** Offsets of events that probably have this id; mostly none or one. */
  *candidates(id: string): Generator<number, void, undefined> {
    const wanted = print(id);
    const mask = this.#offsets.length - 1;
    for (let slot = slotKey(id) & mask; this.#offsets[slot] !== 0; slot = (slot + 1) & mask) {
      if (this.#prints[slot] === wanted) yield this.#offsets[slot] as number;
    }
  }

  #put(key: number, fingerprint: number, offset: number): void {
    const mask = this.#offsets.length - 1;
    let slot = key & mask;
    while (this.#offsets[slot] !== 0) slot = (slot + 1) & mask;
    this.#offsets[slot] = offset;
    this.#prints[slot] = fingerprint;
  }

  /** The slot follows from the fingerprint alone, so that the ids need not be read again. */
  #grow(): void {
    const [offsets, prints] = [this.#offsets, this.#prints];
    this.#offsets = new Uint32Array(offsets.length * 2);
    this.#prints = new Uint32Array(offsets.length * 2);
    for (let i = 0; i < offsets.length; i++) {
      if (offsets[i] !== 0) this.#put(mix(prints[i] as number), prints[i] as number, offsets[i] as number);
    }
  }
}

/** The last 32 bits of a UUID are random in versions 4 and 7. */
function print(id: string): number {
  return (Number.parseInt(id.slice(28), 16) ^ Number.parseInt(id.slice(0, 8), 16)) >>> 0;
}

function slotKey(id: string): number {
  return mix(print(id));
}

/** Spreads ids that merely count up (murmur3's finalizer). */
function mix(value: number): number {
  let mixed = value >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
