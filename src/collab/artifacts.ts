import { type Artifact, collabArtifacts } from "../../projections/collab-artifacts.js";
import { collabData } from "../../projections/collab-events.js";
import { partId, partStream } from "../../projections/collab-streams.js";
import { assertOptions, type KnownOptions } from "../config/known-options.js";
import { defined } from "../defined.js";
import { NotFoundError } from "../errors.js";
import { eventsOf } from "../log/paging.js";
import type { Page } from "../query/query.js";
import { assertAsOf } from "../replay/assert-offset-in.js";
import { evolved } from "../replay/fold.js";
import { ReadModel } from "../replay/read-model/read-model.js";
import { assertCollabId } from "./collab-id.js";
import { boundedJson, content, label, labelOrNull, oneOf, timeText } from "./collab-input.js";
import { asOfIn, type CollabAsOf, type CollabLog, type CollabNote, collabEvent, NOTE } from "./collab-log.js";
import {
  assertFilter,
  assertTexts,
  betweenTimes,
  type CollabPage,
  type CollabTimes,
  pageQuery,
  TIME_OPTIONS,
} from "./collab-page.js";
import { contentAt } from "./conversations.js";

export interface ArtifactInput {
  /** At most MAX_CONTENT_BYTES (8 MiB) of UTF-8, also as base64. */
  readonly content: string;
  /** Default utf8: the content is text. */
  readonly encoding?: "utf8" | "base64";
  /** Such as `code`, `document`, `diagram`. Default `document`. */
  readonly type?: string;
  /** Default: its id. */
  readonly name?: string;
  /** Such as `md` or `text/plain`. */
  readonly format?: string | null;
  /** The task that made it. */
  readonly taskId?: string | null;
  readonly metadata?: unknown;
  readonly created?: Date | string;
}

const INPUT: KnownOptions<ArtifactInput> = {
  content: true,
  encoding: true,
  type: true,
  name: true,
  format: true,
  taskId: true,
  metadata: true,
  created: true,
};

export interface ArtifactFilter extends CollabPage, CollabTimes {
  readonly type?: string;
  readonly taskId?: string;
}

/** What was made in sessions. Saving one again makes its next version. */
export class Artifacts {
  readonly #collab: CollabLog;
  readonly #model: ReadModel<Artifact>;

  constructor(collab: CollabLog) {
    this.#collab = collab;
    this.#model = new ReadModel(collab.log, collabArtifacts);
  }

  /**
   * Writes the next version, and gives it back, also where somebody has saved another one since.
   *
   * @param note `expectedVersion`: the version that it must have now; 0: there must be none of this id
   * @throws UsageError COLLAB_ID_INVALID, COLLAB_INVALID, CONTENT_TOO_LARGE; NotFoundError COLLAB_SESSION_NOT_FOUND;
   *   ConflictError
   */
  async save(
    session: string,
    artifactId: string,
    input: ArtifactInput,
    note: CollabNote & { readonly expectedVersion?: number } = {},
  ): Promise<Artifact> {
    assertCollabId("artifact", artifactId);
    assertOptions("an artifact", input, INPUT);
    assertOptions("a change", note, { ...NOTE, expectedVersion: true });
    const event = collabEvent("artifact.saved", dataOf(artifactId, input), note);
    await this.#collab.session(session);
    const stream = partStream("artifact", partId(session, artifactId));
    const { expectedVersion = "any" } = note;
    const { events, lastOffset } = await this.#collab.append({ stream, expectedVersion, events: [event] }, note);
    const newest = await this.#model.get(partId(session, artifactId));
    if (newest?.version === events.at(-1)?.version) return newest as Artifact;
    const versions = await this.#versions(session, artifactId, lastOffset);
    return versions.at(-1) as Artifact; // it was just written
  }

  /** Without contents, by id. @throws NotFoundError COLLAB_SESSION_NOT_FOUND */
  async list(session: string, filter: ArtifactFilter = {}): Promise<Page<Artifact>> {
    assertFilter("a list of artifacts", filter, { type: true, taskId: true, ...TIME_OPTIONS });
    await this.#collab.session(session, filter);
    const { type, taskId } = filter;
    assertTexts({ type, taskId });
    const where = { session_id: session, type, task_id: taskId, created: betweenTimes(filter) };
    const { query, asOf } = pageQuery(filter, where, [{ field: "id" }]);
    return this.#model.query(query, asOf);
  }

  /** With its content: the newest version, or the one asked for. @throws NotFoundError ARTIFACT_NOT_FOUND */
  async get(
    session: string,
    artifactId: string,
    options: CollabAsOf & { readonly version?: number } = {},
  ): Promise<Artifact & { readonly content: string | null }> {
    assertOptions("an artifact asked for", options, { asOf: true, version: true });
    const { asOf, version } = options;
    const versions = await this.#versions(session, artifactId, asOf, version);
    const artifact = version === undefined ? versions.at(-1) : versions.find((one) => one.version === version);
    if (artifact === undefined) throw notFound(session, artifactId, version);
    return { ...artifact, content: await contentAt(this.#collab, artifact.contentOffset) };
  }

  /** All versions without contents, the first one first. @throws NotFoundError ARTIFACT_NOT_FOUND */
  async versions(session: string, artifactId: string, options: CollabAsOf = {}): Promise<Artifact[]> {
    const asOf = asOfIn("the versions of an artifact", options);
    const versions = await this.#versions(session, artifactId, asOf);
    if (versions.length === 0) throw notFound(session, artifactId);
    return versions;
  }

  async #versions(session: string, artifactId: string, asOf?: number, to?: number): Promise<Artifact[]> {
    assertCollabId("session", session);
    assertCollabId("artifact", artifactId);
    const stream = partStream("artifact", partId(session, artifactId));
    await assertAsOf(this.#collab.log, asOf);
    const range = defined({ toOffset: asOf, to });
    const versions: Artifact[] = [];
    for await (const event of eventsOf(this.#collab.log.readStream(stream, range))) {
      if (collabData("artifact.saved", event) === undefined) continue;
      versions.push(evolved(collabArtifacts, versions.at(-1) ?? null, event) as Artifact);
    }
    return versions;
  }
}

function dataOf(artifactId: string, input: ArtifactInput): object {
  const { type = "document", name = artifactId, format, encoding = "utf8", taskId, metadata = null } = input;
  return {
    type: label("type", type),
    name: label("name", name),
    content: content(input.content),
    encoding: oneOf("encoding", ["utf8", "base64"], encoding),
    format: labelOrNull("format", format),
    taskId: labelOrNull("taskId", taskId),
    metadata: boundedJson("metadata", metadata),
    ...(input.created === undefined ? {} : { created: timeText("created", input.created) }),
  };
}

function notFound(session: string, artifactId: string, version?: number): NotFoundError {
  const which = version === undefined ? "" : ` of version ${version}`;
  const message = `session ${session} has no artifact ${JSON.stringify(artifactId)}${which}`;
  return new NotFoundError("ARTIFACT_NOT_FOUND", message, { hint: `see: sessiondb collab artifact list ${session}` });
}
