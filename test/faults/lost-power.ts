import { dirname } from "node:path";
import type { FaultRecord } from "./fault-log.js";

/**
 * What a loss of power leaves of what was not synced: nothing; all of it; or of each page and each file's size, by chance,
 * the new or the old one, and of the changes of names the first few.
 */
export type Survival = "nothing" | "everything" | { readonly random: () => number };

/** Sectors are what disks write whole; pages what the system hands to them. */
const GRAINS = [512, 4096];

/**
 * Files as a machine holds them in memory and as its disk holds them, after some of the calls that the shim has written
 * down. As strict as POSIX: a sync of a file makes its bytes last, and only a sync of its folder makes its name last.
 */
export class SimulatedDisk {
  #names = new Map<string, Inode>();
  #lastingNames = new Map<string, Inode>();
  /** Changes of names that are not on the disk yet. */
  #pending: NameChange[] = [];

  apply(record: FaultRecord): void {
    switch (record.kind) {
      case "write":
        this.#inode(record.path).write(record.bytes, record.position);
        break;
      case "truncate":
        this.#inode(record.path).truncate(record.sizeBytes);
        break;
      case "sync":
        this.#sync(record.path);
        break;
      case "acknowledged":
        break;
      default:
        this.#change(record);
    }
  }

  /** The files, by path, that are found when the power is back. */
  afterLoss(survival: Survival): Map<string, Buffer> {
    const names = new Map(this.#lastingNames);
    const surviving =
      survival === "nothing"
        ? 0
        : survival === "everything"
          ? this.#pending.length
          : Math.floor(survival.random() * (this.#pending.length + 1));
    for (const change of this.#pending.slice(0, surviving)) change.apply(names);
    return new Map([...names].map(([path, inode]) => [path, inode.afterLoss(survival)]));
  }

  #inode(path: string): Inode {
    const inode = this.#names.get(path);
    if (inode === undefined) throw new Error(`the fault shim saw a write to ${path} and nobody who made it`);
    return inode;
  }

  #sync(path: string): void {
    const inode = this.#names.get(path);
    inode?.sync();
    const settled = this.#pending.filter(({ folder }) => folder === path);
    for (const change of settled) change.apply(this.#lastingNames);
    this.#pending = this.#pending.filter(({ folder }) => folder !== path);
  }

  #change(record: NameRecord): void {
    const { kind, path } = record;
    const inode = kind === "create" ? new Inode() : this.#inode(path);
    const apply = (names: Map<string, Inode>) => {
      if (kind === "unlink" || kind === "rename") names.delete(path);
      if (kind !== "unlink") names.set("to" in record ? record.to : path, inode);
    };
    apply(this.#names);
    this.#pending.push({ folder: dirname(path), apply });
  }
}

type NameRecord = Extract<FaultRecord, { readonly kind: "create" | "unlink" | "rename" | "link" }>;

interface NameChange {
  readonly folder: string;
  apply(names: Map<string, Inode>): void;
}

class Inode {
  #bytes = Buffer.alloc(0);
  #lasting = Buffer.alloc(0);

  write(bytes: Buffer, position: number): void {
    const size = Math.max(this.#bytes.length, position + bytes.length);
    const next = Buffer.alloc(size);
    this.#bytes.copy(next);
    bytes.copy(next, position);
    this.#bytes = next;
  }

  truncate(sizeBytes: number): void {
    const next = Buffer.alloc(sizeBytes);
    this.#bytes.copy(next, 0, 0, sizeBytes);
    this.#bytes = next;
  }

  /** Both are replaced and never written into, so they may be one. */
  sync(): void {
    this.#lasting = this.#bytes;
  }

  afterLoss(survival: Survival): Buffer {
    if (survival === "nothing" || this.#bytes === this.#lasting) return this.#lasting;
    return survival === "everything" ? this.#bytes : this.#mixed(survival.random);
  }

  #mixed(random: () => number): Buffer {
    const mixed = Buffer.alloc(random() < 0.7 ? this.#bytes.length : this.#lasting.length);
    const grain = GRAINS[Math.floor(random() * GRAINS.length)] as number;
    const share = random();
    for (let at = 0; at < mixed.length; at += grain) {
      // What was cut off is gone with the new size; where the old size is found, it is there as it was, and not zeros.
      const isNew = random() < share && at < this.#bytes.length;
      const from = isNew ? this.#bytes : this.#lasting;
      if (at < from.length) from.copy(mixed, at, at, at + grain);
    }
    return mixed;
  }
}
