/** The members of `T`, absent where they may be undefined. */
export type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without what is undefined: optional members of options and records may be absent here, never undefined. */
export function defined<T extends object>(members: T): Defined<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Defined<T>;
}
