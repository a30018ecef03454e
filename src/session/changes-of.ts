/** New values for members; undefined removes one, also for those whose compiler tells undefined from absent. */
export type ChangesOf<T> = { [member in keyof T]?: T[member] | undefined };
