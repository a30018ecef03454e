import * as z from "zod";
import { UsageError } from "../errors.js";
import { MAX_BUCKETS } from "../inspect/timeline/density.js";

const MAX_TEXT_CHARS = 2_000;
const MAX_VALUES = 100;

const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, "takes a whole number")
    .transform(Number)
    .refine((value) => value >= least && value <= most, `takes a number from ${least} to ${most}`);

/** Forms of single parameters. What a route does not name is refused. */
export const offset = wholeNumber(0, Number.MAX_SAFE_INTEGER);
export const text = z.string().max(MAX_TEXT_CHARS, `takes at most ${MAX_TEXT_CHARS} characters`);
export const texts = z.array(text).max(MAX_VALUES, `may be given ${MAX_VALUES} times`);
export const count = (most: number) => wholeNumber(0, most);
export const countFrom1 = (most: number) => wholeNumber(1, most);

export const filterForm = {
  actor: texts.optional(),
  type: texts.optional(),
  only: texts.optional(),
  path: texts.optional(),
};
export const rangeForm = { from: offset.optional(), to: offset.optional() };
export const bucketsForm = { buckets: countFrom1(MAX_BUCKETS).optional() };

/** Several values of one parameter are a list where the form asks for one. @throws UsageError ARGUMENT_INVALID */
export function parameters<Shape extends z.ZodRawShape>(url: string, shape: Shape): z.infer<z.ZodObject<Shape>> {
  const search = new URL(url).searchParams;
  const unknown = [...search.keys()].find((name) => !Object.hasOwn(shape, name));
  if (unknown !== undefined) throw invalid(`nobody asks for ${JSON.stringify(unknown)} here`);
  const names = Object.keys(shape).filter((name) => search.has(name));
  const given = Object.fromEntries(
    names.map((name) => {
      const values = search.getAll(name);
      return [name, isList(shape[name]) || values.length > 1 ? values : values[0]];
    }),
  );
  return checked(given, z.strictObject(shape));
}

/** @throws UsageError ARGUMENT_INVALID */
export function checked<Form extends z.ZodType>(value: unknown, form: Form): z.infer<Form> {
  const { data, error } = form.safeParse(value);
  if (error === undefined) return data as z.infer<Form>;
  throw invalid(z.prettifyError(error).slice(0, 1_000));
}

function invalid(message: string): UsageError {
  return new UsageError("ARGUMENT_INVALID", message, { hint: "docs/ui.md lists what each address takes" });
}

function isList(form: unknown): boolean {
  return form instanceof z.ZodArray || (form instanceof z.ZodOptional && form.unwrap() instanceof z.ZodArray);
}

type FilterParameters = { readonly [Name in keyof typeof filterForm]?: string[] };

/** The conditions of a request, as the questions of src/inspect take them. */
export function filterOf({ actor = [], type = [], only = [], path = [] }: FilterParameters) {
  return { actors: actor, types: type, sessions: only, paths: path };
}
