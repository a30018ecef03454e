/** What became of the records of a foreign source. Every record that was read stands in exactly one of the counts. */
export interface ImportReport {
  readonly source: string;
  /** How the source was laid out, in words. */
  readonly layout: string;
  /** Records found in the source. */
  read: number;
  /** New sessions. */
  imported: number;
  /** Sessions that were there already and differed: the differences were appended. */
  updated: number;
  /** Sessions that were there already with the same content. */
  unchanged: number;
  /** Records that a later record of the same id in the same source replaced. */
  duplicates: number;
  refused: number;
  /** Records of the above that were changed to fit; each is told in `notes`. */
  repaired: number;
  readonly notes: ImportNote[];
}

export interface ImportNote {
  readonly kind: "duplicate" | "refused" | "repaired" | "remark";
  /** Place in the source: a JSON Pointer, or table and key. */
  readonly place: string;
  readonly id: string | undefined;
  readonly why: string;
}

/** One record as an importer found it, not yet checked against the target. */
export interface ForeignRecord {
  readonly place: string;
  readonly record: Record<string, unknown>;
  /** What the reader changed to make it fit. */
  readonly repairs?: readonly string[];
  /** What the reader found odd about it and kept. */
  readonly remarks?: readonly string[];
}

export function emptyReport(source: string, layout: string): ImportReport {
  const counts = { read: 0, imported: 0, updated: 0, unchanged: 0, duplicates: 0, refused: 0, repaired: 0 };
  return { source, layout, ...counts, notes: [] };
}
