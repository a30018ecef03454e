/** The newest so many UTC days that have events are told one by one. */
export const MAX_SIZE_DAYS = 366;

/**
 * Something for each day with events, for the newest {@link MAX_SIZE_DAYS} of them. Days come in their order, as the times
 * of a log do.
 */
export class NewestDays<Day extends string | number, T> {
  readonly #make: (day: Day) => T;
  readonly #forget: (day: Day, one: T) => void;
  readonly #days = new Map<Day, T>();

  /**
   * @param make what a day begins with
   * @param forget is given the oldest day when there are too many
   */
  constructor(make: (day: Day) => T, forget: (day: Day, one: T) => void = () => undefined) {
    this.#make = make;
    this.#forget = forget;
  }

  of(day: Day): T {
    const known = this.#days.get(day);
    if (known !== undefined) return known;
    const made = this.#make(day);
    this.#days.set(day, made);
    if (this.#days.size > MAX_SIZE_DAYS) this.#forgetOldest();
    return made;
  }

  /** Oldest first. */
  all(): Array<[Day, T]> {
    return [...this.#days];
  }

  #forgetOldest(): void {
    const [oldest] = this.#days;
    if (oldest === undefined) return;
    this.#days.delete(oldest[0]);
    this.#forget(...oldest);
  }
}
