import { typeName } from "../log/type-name.js";
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
  const unknown = unknownOption(options, known);
  if (unknown === undefined) return;
  const { name, meant } = unknown;
  const others = meant === undefined ? Object.keys(known).join(", ") : `${meant} was meant?`;
  throw new TypeError(`${of} has no option ${JSON.stringify(name)}: ${others}`);
}

/** The first option that is not known, and the one that it is most like; undefined where all are known. */
export function unknownOption(
  options: object,
  known: Readonly<Record<string, true>>,
): { readonly name: string; readonly meant: string | undefined } | undefined {
  const name = Object.keys(options).find((one) => !Object.hasOwn(known, one));
  return name === undefined ? undefined : { name, meant: nearest(name, Object.keys(known)) };
}

/** @throws TypeError */
export function assertObject(of: string, options: unknown): void {
  if (typeof options === "object" && options !== null && !Array.isArray(options)) return;
  throw new TypeError(
    `the options of ${of} are an object, not ${Array.isArray(options) ? "a list" : typeName(options)}`,
  );
}
