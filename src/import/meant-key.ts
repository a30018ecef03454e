/**
 * What is wrong with a key that is right but for its case, in words: `"Sessions" is written "sessions"`.
 *
 * @param names those that are looked for; one that is there as it is written is not looked for
 * @returns undefined where no key is like that
 */
export function meantKey(object: Readonly<Record<string, unknown>>, names: readonly string[]): string | undefined {
  const missing = names.filter((name) => !Object.hasOwn(object, name));
  for (const key of Object.keys(object)) {
    const meant = missing.find((name) => name.toLowerCase() === key.toLowerCase());
    if (meant !== undefined) return `${JSON.stringify(key)} is written ${JSON.stringify(meant)}`;
  }
  return undefined;
}
