import pg from "pg";

/** The part of the server that says, in any language, that a commit has not waited for its standbys to the end. */
const STANDBY_WAIT = "SyncRepWaitForLSN";

/**
 * A client that closes its connection when it cannot go on with it. pg leaves it open where the failure is on this side,
 * such as a server that wants a password where there is none: the process would not end until the server gives up.
 *
 * And it listens to one warning. A statement that is cancelled while its commit waits for synchronous standbys succeeds: it is
 * committed here, and a standby that is promoted may never have heard of it. A limit of statements does that to a COMMIT inside
 * of a procedure, and whoever calls pg_cancel_backend to any.
 */
export class QuittingClient extends pg.Client {
  #commitIsLocal = false;

  constructor(config?: string | pg.ClientConfig) {
    super(config);
    this.connection.on("error", () => this.connection.stream.destroy());
    this.on("notice", ({ routine }) => {
      if (routine === STANDBY_WAIT) this.#commitIsLocal = true;
    });
  }

  /** Something was committed without its standbys: nothing that was answered here is to be trusted. */
  get commitIsLocal(): boolean {
    return this.#commitIsLocal;
  }
}
