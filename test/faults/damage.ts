/** One way to damage the bytes of a file. */
export interface Damage {
  readonly name: string;
  /** `random`: 0 ≤ value < 1. @returns other bytes; those given stay as they are */
  apply(bytes: Buffer, random: () => number): Buffer;
}

function below(limit: number, random: () => number): number {
  return Math.floor(random() * limit);
}

/** Where the lines of a log begin and end, each with its newline. */
function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let from = 0; from < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, from);
    const to = newline < 0 ? bytes.length : newline + 1;
    lines.push(bytes.subarray(from, to));
    from = to;
  }
  return lines;
}

function onLines(change: (lines: Buffer[], at: number, random: () => number) => Buffer[]): Damage["apply"] {
  return (bytes, random) => {
    const lines = linesOf(bytes);
    return Buffer.concat(change(lines, below(lines.length, random), random));
  };
}

const WITHOUT_NEWLINE = (line: Buffer | undefined) => line?.subarray(0, -1) ?? Buffer.alloc(0);

/** What happens to a byte on a disk, whatever the file. */
export const BYTE_DAMAGES: readonly Damage[] = [
  {
    name: "a flipped bit",
    apply: (bytes, random) => {
      const changed = Buffer.from(bytes);
      const at = below(bytes.length, random);
      changed[at] = (bytes[at] as number) ^ (1 << below(8, random));
      return changed;
    },
  },
  {
    name: "a sector of zeros",
    apply: (bytes, random) => {
      const at = below(bytes.length / 512, random) * 512;
      return Buffer.from(bytes).fill(0, at, Math.min(at + 512, bytes.length));
    },
  },
  {
    name: "a sector that is elsewhere as well",
    apply: (bytes, random) => {
      const [from, to] = [below(bytes.length / 512, random) * 512, below(bytes.length / 512, random) * 512];
      const changed = Buffer.from(bytes);
      bytes.copy(changed, to, from, Math.min(from + 512, bytes.length));
      return changed;
    },
  },
];

/** What editors, copies and merges do to the lines of a file. */
export const LINE_DAMAGES: readonly Damage[] = [
  { name: "a dropped line", apply: onLines((lines, at) => lines.toSpliced(at, 1)) },
  { name: "a doubled line", apply: onLines((lines, at) => lines.toSpliced(at, 0, lines[at] ?? Buffer.alloc(0))) },
  {
    name: "two swapped lines",
    apply: onLines((lines, at, random) => {
      const other = below(lines.length, random);
      const changed = [...lines];
      [changed[at], changed[other]] = [lines[other] as Buffer, lines[at] as Buffer];
      return changed;
    }),
  },
  { name: "two glued lines", apply: onLines((lines, at) => lines.with(at, WITHOUT_NEWLINE(lines[at]))) },
  { name: "an empty line", apply: onLines((lines, at) => lines.toSpliced(at, 0, Buffer.from("\n"))) },
  {
    name: "a line cut in two",
    apply: onLines((lines, at, random) => {
      const line = lines[at] as Buffer;
      const place = below(line.length, random);
      return lines.toSpliced(at, 1, line.subarray(0, place), Buffer.from("\n"), line.subarray(place));
    }),
  },
  {
    name: "the beginning a second time",
    apply: onLines((lines, at) => [...lines, ...lines.slice(0, at)]),
  },
];
