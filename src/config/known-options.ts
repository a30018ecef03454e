import { nearest } from "./nearest.js";

/** The names of the options of a function: as an object, so that the compiler knows when one is missing. */
export type KnownOptions<Options> = Readonly<Record<keyof Required<Options>, true>>;

/**
 * Not every caller is checked by a compiler, and an option that is passed over in silence is a promise that is not kept:
 * `expectedVerion` would be no expected version.
 *
 * @param of what the options are of, for the message
 * @throws TypeError what is no object, and a name that is not known
 */
export function assertOptions<Options extends object>(
  of: string,
  options: Options,
  known: KnownOptions<Options>,
): void {
  assertObject(of, options);
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(known, name)) continue;
    const meant = nearest(name, Object.keys(known));
    throw new TypeError(
      `${of} has no option ${JSON.stringify(name)}: ${meant === undefined ? Object.keys(known).join(", ") : `${meant} was meant?`}`,
    );
  }
}

/** @throws TypeError */
export function assertObject(of: string, options: unknown): void {
  if (typeof options === "object" && options !== null && !Array.isArray(options)) return;
  throw new TypeError(`the options of ${of} are an object, not ${kindOf(options)}`);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : typeof value;
}
