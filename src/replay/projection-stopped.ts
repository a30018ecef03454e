import { IntegrityError } from "../errors.js";

/**
 * A projection threw at an event. Its read model stays where it was before this event, and says so to everybody who asks
 * it; the log and all other read models go on.
 */
export class ProjectionStopped extends IntegrityError {
  override readonly offset: number;
  readonly projection: string;
  readonly why: string;

  constructor(projection: string, offset: number, why: string, cause?: unknown) {
    super("PROJECTION_STOPPED", `the projection ${projection} fails at the event at offset ${offset}: ${why}`, {
      offset,
      hint: `ask as of offset ${offset - 1}; or mend the projection, raise its revision, and ask again`,
      ...(cause === undefined ? {} : { cause }),
    });
    this.offset = offset;
    this.projection = projection;
    this.why = why;
  }
}
