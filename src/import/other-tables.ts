/** How many are named. */
const MAX_SHOWN = 10;

/**
 * Tables beside the one that was taken which have one of the wanted names, too: which one is meant, only the caller knows.
 *
 * @param taken and `there` as a ForeignDatabase names its tables
 * @param wanted names in lower case, `table` or `schema.table`
 * @returns their names, for people; undefined where there is none
 */
export function otherTables(taken: string, there: readonly string[], wanted: readonly string[]): string | undefined {
  const others = there.filter((name) => {
    const folded = name.toLowerCase();
    return name !== taken && [folded, folded.split(".").at(-1) as string].some((one) => wanted.includes(one));
  });
  return others.length === 0 ? undefined : others.slice(0, MAX_SHOWN).join(", ");
}
