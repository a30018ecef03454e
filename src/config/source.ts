/** The strongest first. */
export const LAYERS = ["flag", "environment", "repository", "user", "default"] as const;
export type Layer = (typeof LAYERS)[number];

/** Who said what a value is. */
export interface ConfigSource {
  readonly layer: Layer;
  /** `--store`, `SESSIONDB_STORE`, `/repo/.minsky/config.yaml:3` or `default`. */
  readonly name: string;
  /** Of a file. */
  readonly file?: string;
  /** From 1, of a file. */
  readonly line?: number;
}

/** Whether `a` says it in the same layer as `b`, or in a stronger one. */
export function isAsStrong(a: ConfigSource, b: ConfigSource): boolean {
  return LAYERS.indexOf(a.layer) <= LAYERS.indexOf(b.layer);
}
