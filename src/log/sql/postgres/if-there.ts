import { sqlState } from "./postgres-failures.js";

/** @returns undefined where the table was never made */
export async function ifThere<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    // 3F000: no such schema. 42P01: no such table.
    if (/^(3F000|42P01)$/.test(sqlState(error) ?? "")) return undefined;
    throw error;
  }
}
